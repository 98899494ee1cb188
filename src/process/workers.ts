// Several processes that share the port, for machines with several cores: starts them, replaces them, ends with them.
import cluster, { type Worker } from 'node:cluster';

// A worker that ends by itself is replaced after this long, so that one that cannot live does not keep a core busy.
const replaceAfterMs = 1000;

/**
 * Runs `count` workers, each a whole program of its own, until the process is asked to end; resolves when all have
 * ended. The first one starts alone: when it cannot, it says why, and false is returned. Calls `onListening` when it can.
 * False as well when all end at once and the port, which went with the last of them, cannot be bound again.
 */
export async function runWorkers(
  count: number,
  asked: Promise<string>,
  onListening: () => void,
  canBindAgain: () => boolean,
): Promise<boolean> {
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

/** Whether it has come to listen; false when it ended before. */
function startWorker(): Promise<boolean> {
  const worker = cluster.fork();
  return new Promise((resolve) => {
    worker.once('listening', () => resolve(true));
    worker.once('exit', () => resolve(false));
  });
}

/** Asks a worker to end and waits until it has. */
function end(worker: Worker): Promise<void> {
  return new Promise((resolve) => {
    worker.on('exit', () => resolve());
    if (worker.isDead()) resolve();
    else worker.process.kill('SIGTERM');
  });
}
