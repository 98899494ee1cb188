// Sends requests as fast as they are answered: with wrk, which costs least, else autocannon.
import { execFile } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import autocannon from 'autocannon';
import { pathOf } from '../support/required.ts';

/** One request; `{key}` in its body stands for a new UUID each time. */
export interface Ask {
  method: 'GET' | 'POST';
  path: string;
  cookie: string;
  body: string;
}

export interface Load {
  count: number;
  seconds: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  failed: number;
}

const wrk = pathOf('wrk');
export const generator = wrk ? 'wrk' : 'autocannon';
const script = fileURLToPath(new URL('wrk.lua', import.meta.url));

/** These requests in any order over so many connections, for so many seconds. */
export function generate(url: string, asks: Ask[], seconds: number, connections = 16): Promise<Load> {
  return wrk
    ? withWrk(wrk, url, asks, seconds, connections)
    : withAutocannon(url, asks, seconds, connections);
}

async function withWrk(
  program: string,
  url: string,
  asks: Ask[],
  seconds: number,
  connections: number,
): Promise<Load> {
  const folder = mkdtempSync(join(tmpdir(), 'pm-wrk-'));
  const file = join(folder, 'requests');
  writeFileSync(
    file,
    asks.map(({ method, path, cookie, body }) => [method, path, cookie, body].join('\t')).join('\n'),
  );
  try {
    const args = ['-t1', `-c${connections}`, `-d${seconds}`, '--timeout', '10', '-s', script, url];
    const { stdout } = await promisify(execFile)(program, [...args, '--', file, String(randomInt(2 ** 31))]);
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as Load;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function withAutocannon(url: string, asks: Ask[], seconds: number, connections: number): Promise<Load> {
  const next = () => {
    const { method, path, cookie, body } = asks[randomInt(asks.length)]!;
    const form = method === 'POST' && { 'content-type': 'application/x-www-form-urlencoded' };
    return { method, path, headers: { cookie, ...form }, body: body.replace('{key}', randomUUID()) };
  };
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    requests: [{ setupRequest: (request) => ({ ...request, ...next() }) }],
  });
  return {
    count: result.requests.total,
    seconds: result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    failed: result.errors + result.timeouts + result['4xx'] + result['5xx'],
  };
}
