// Five hundred logins at the same moment: does a signed-in person notice?
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { percentile } from '../faults/percentile.ts';
import { residentMb } from './cpu.ts';
import { loginOf, type Member } from './jobs.ts';
import { readForm, type Target } from './target.ts';

const logins = 500;

/** Reads the inbox all the time, first alone and then while everybody logs in; says in one line what came of it. */
export async function rushToLogin(app: Target, cookie: string, member: Member): Promise<string> {
  const ask = loginOf(await readForm(`${app.url}/login`), member);
  const crowd = spawn(process.execPath, [fileURLToPath(new URL('logins.ts', import.meta.url))], {
    env: { LOGINS_URL: app.url, LOGINS_ASK: JSON.stringify(ask), LOGINS_COUNT: String(logins) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await sleep(1000); // until it is ready
  const idle = await readInbox(app, cookie, sleep(5000));
  const before = residentMb(app.pid);
  const startedAt = performance.now();
  crowd.stdin.end('now\n');
  const rush = text(crowd.stdout).then((words) => JSON.parse(words) as number[]);
  const busy = await readInbox(app, cookie, rush);
  const took = (performance.now() - startedAt) / 1000;
  const answers = Object.groupBy(await rush, String);
  const counts = Object.entries(answers).map(([status, all]) => `${all!.length} × ${status}`);
  const grown = residentMb(app.pid) - before;
  const refused = busy.refused > 0 ? `, ${busy.refused} of ${busy.asked} REFUSED` : '';
  return (
    `${logins} logins at once: ${counts.join(', ')} within ${took.toFixed(1)} s; the inbox's p99 ` +
    `${busy.p99.toFixed(1)} ms, ${(busy.p99 / idle.p99).toFixed(1)} × idle${refused}; memory +${grown.toFixed(0)} MB`
  );
}

interface Reading {
  /** Milliseconds, of all that was asked, refusals too. */
  p99: number;
  asked: number;
  refused: number;
}

/** An inbox, asked for again and again, one after the other, until `end`. */
async function readInbox(app: Target, cookie: string, end: Promise<unknown>): Promise<Reading> {
  const state = { isOver: false };
  void end.finally(() => (state.isOver = true));
  const times: number[] = [];
  let refused = 0;
  while (!state.isOver || times.length < 100) {
    const startedAt = performance.now();
    const answer = await fetch(`${app.url}/inbox`, { headers: { cookie } });
    await answer.arrayBuffer();
    times.push(performance.now() - startedAt);
    if (!answer.ok) refused += 1;
    await sleep(5);
  }
  return { p99: percentile(times, 99), asked: times.length, refused };
}
