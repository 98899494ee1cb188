// Five hundred logins at the same moment: does a signed-in person notice?
import { setTimeout as sleep } from 'node:timers/promises';
import { residentMb } from './cpu.ts';
import { postLogin } from './jobs.ts';
import { readForm, type Target } from './target.ts';

const logins = 500;

/** Reads the inbox all the time, first alone and then while everybody logs in; says in one line what came of it. */
export async function rushToLogin(
  app: Target,
  cookie: string,
  member: { username: string; password: string },
): Promise<string> {
  const idle = await readInbox(app, cookie, sleep(3000));
  const before = residentMb(app.pid);
  const stranger = await readForm(`${app.url}/login`);
  const { headers, body } = postLogin(stranger, member);
  const rush = Promise.all(
    Array.from({ length: logins }, async () => {
      const answer = await fetch(`${app.url}/login`, { method: 'POST', headers, body, redirect: 'manual' });
      await answer.arrayBuffer();
      return answer.status;
    }),
  );
  const busy = await readInbox(app, cookie, rush);
  const statuses = Object.entries(Object.groupBy(await rush, String)).map(
    ([status, all]) => `${all!.length} × ${status}`,
  );
  const grown = residentMb(app.pid) - before;
  return `${logins} logins at once: ${statuses.join(', ')}; the inbox's p99 ${(busy / idle).toFixed(1)} × idle; memory +${grown.toFixed(0)} MB`;
}

/** The 99th percentile of an inbox's answers, in milliseconds, asked one after the other until `end`. */
async function readInbox(app: Target, cookie: string, end: Promise<unknown>): Promise<number> {
  const state = { isOver: false };
  void end.finally(() => (state.isOver = true));
  const times: number[] = [];
  while (!state.isOver || times.length < 100) {
    const startedAt = performance.now();
    const answer = await fetch(`${app.url}/inbox`, { headers: { cookie } });
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`The inbox answers ${answer.status}.`);
    times.push(performance.now() - startedAt);
    await sleep(5);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)]!;
}
