// Runs several processes that share the port: starts, replaces and stops cluster workers.
import cluster, { type Worker } from 'node:cluster';

// Delays the replacement of a dead worker, so that one that cannot start does not keep a core busy.
const replaceAfterMs = 1000;

/** Runs `count` workers until asked to end. False if the first fails, or all die and the port cannot be bound again. */
export async function runWorkers(
  count: number,
  asked: Promise<string>,
  onListening: () => void,
  canBindAgain: () => boolean,
): Promise<boolean> {
  // Alone first, so that a failed start is reported once.
  const isListening = await Promise.race([startWorker(), asked]);
  let isStopping = false;
  let isPortLost = false;
  if (isListening === true) {
    onListening();
    for (let number = 1; number < count; number++) void startWorker();
    const portLost = new Promise<void>((resolve) => {
      cluster.on('exit', () => {
        isPortLost ||= !isStopping && Object.keys(cluster.workers ?? {}).length === 0 && !canBindAgain();
        if (isPortLost) resolve();
        else if (!isStopping) setTimeout(() => isStopping || void startWorker(), replaceAfterMs);
      });
    });
    await Promise.race([asked, portLost]);
  }
  isStopping = true;
  await Promise.all(Object.values(cluster.workers ?? {}).flatMap((worker) => (worker ? [end(worker)] : [])));
  return isListening !== false && !isPortLost;
}

function startWorker(): Promise<boolean> {
  const worker = cluster.fork();
  return new Promise((resolve) => {
    worker.once('listening', () => resolve(true));
    worker.once('exit', () => resolve(false));
  });
}

function end(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.on('exit', () => resolve());
    if (worker.isDead()) resolve();
    else worker.process.kill('SIGTERM');
  });
}
