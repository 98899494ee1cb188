// Five hundred concurrent logins, and their effect on a signed-in user.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { percentile } from '../faults/percentile.ts';
import { residentMb } from './cpu.ts';
import { loginOf, type Member } from './jobs.ts';
import type { Ask } from './generator.ts';
import { readForm, type Target } from './target.ts';

const logins = 500;
// A rush is over within two seconds, in which a reader asks 150 times: what stands at the 99th place of one is chance.
const rushes = 6;

/** Reads the inbox continuously, alone and during the logins, several times; returns the result as lines. */
export async function rushToLogin(app: Target, cookie: string, member: Member): Promise<string> {
  const ask = loginOf(await readForm(`${app.url}/login`), member);
  const before = residentMb(app.pid);
  const idle: Reading[] = [];
  const busy: Reading[] = [];
  const statuses: number[] = [];
  for (let rush = 0; rush <= rushes; rush += 1) {
    const crowd = startCrowd(app, ask);
    await sleep(1000); // until it is ready
    const alone = await readInbox(app, cookie, sleep(2000));
    crowd.go();
    const among = await readInbox(app, cookie, crowd.statuses);
    statuses.push(...(await crowd.statuses));
    if (rush > 0) {
      idle.push(alone); // the first rush warms up
      busy.push(among);
    }
    await sleep(1000); // what was admitted is done with
  }
  const grown = residentMb(app.pid) - before;
  const [quiet, crowded] = [p99(idle), p99(busy)];
  const answers = Object.entries(Object.groupBy(statuses, String));
  const counts = answers.map(([status, all]) => `${all!.length} × ${status}`).join(', ');
  const ratios = busy.map((reading, index) => p99([reading]) / p99([idle[index]!]));
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(1));
  const refused = busy.reduce((sum, reading) => sum + reading.refused, 0);
  return [
    `${logins} logins at once, ${rushes + 1} times: ${counts}; memory +${grown.toFixed(0)} MB`,
    `the inbox's p99 ${quiet.toFixed(1)} ms alone, ${crowded.toFixed(1)} ms meanwhile: ${(crowded / quiet).toFixed(1)} × ` +
      `(single rushes ${least} to ${most}); ${refused} of its pages refused`,
  ].join('\n');
}

/** A process that is ready to log in as one person, many times at once. */
function startCrowd(app: Target, ask: Ask): { go: () => void; statuses: Promise<number[]> } {
  const program = fileURLToPath(new URL('logins.ts', import.meta.url));
  const crowd = spawn(process.execPath, [program], {
    env: { LOGINS_URL: app.url, LOGINS_ASK: JSON.stringify(ask), LOGINS_COUNT: String(logins) },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  return {
    go: () => crowd.stdin.end('now\n'),
    statuses: text(crowd.stdout).then((words) => JSON.parse(words) as number[]),
  };
}

interface Reading {
  /** Milliseconds for each page, those that were refused too. */
  times: number[];
  refused: number;
}

function p99(readings: Reading[]): number {
  return percentile(
    readings.flatMap(({ times }) => times),
    99,
  );
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
  return { times, refused };
}
