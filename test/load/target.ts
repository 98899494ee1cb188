// The measured programs, each in a process of its own, and clients for them.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/program.ts';
import { benchSite } from './data.ts';

export interface Target {
  url: string;
  pid: number;
  end(): Promise<void>;
}

/** Starts a program of this project on a free port; returns when it answers. */
export async function launchTarget(program: string, settings: Record<string, string>): Promise<Target> {
  const port = String(await freePort());
  const file = fileURLToPath(new URL(`../../${program}`, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [file], {
    env: {
      PATH: process.env.PATH,
      PORT: port,
      PUBLIC_URL: benchSite.publicUrl,
      REGISTRATION: 'open',
      FIRST_CONTACT: 'inbox',
      ...settings,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'close');
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; !(await answers(url)); tries++) {
    if (tries > 400) throw new Error(`${program} does not answer.`);
    await sleep(25);
  }
  return {
    url,
    pid: child.pid!,
    end: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/login`).then(
    () => true,
    () => false,
  );
}

export interface Recorded {
  headers: Record<string, string>;
  body: string;
}

/** An answer of the product, so that the floor can write the same bytes. */
export async function record(url: string, cookie = ''): Promise<Recorded> {
  const answer = await fetch(url, { headers: { cookie } });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}.`);
  const body = await answer.text();
  const made = new Set(['date', 'connection', 'keep-alive', 'set-cookie', 'transfer-encoding']);
  const kept = [...answer.headers].filter(([name]) => !made.has(name));
  return {
    headers: { ...Object.fromEntries(kept), 'content-length': String(Buffer.byteLength(body)) },
    body,
  };
}

/** The token on a page's form, and the cookie that a stranger got with it. */
export async function readForm(url: string, cookie = ''): Promise<{ token: string; cookie: string }> {
  const answer = await fetch(url, { headers: { cookie } });
  const token = /name="_csrf" value="([^"]*)"/.exec(await answer.text())![1]!;
  return {
    token,
    cookie:
      cookie ||
      answer.headers
        .getSetCookie()
        .map((line) => line.split(';')[0])
        .join('; '),
  };
}
