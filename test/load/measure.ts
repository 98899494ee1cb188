// One round of load on one program, and what it cost.
import autocannon from 'autocannon';
import { cpuMs } from './cpu.ts';
import type { Job } from './jobs.ts';
import type { Target } from './target.ts';

export interface Figures {
  perSecond: number;
  p50: number;
  p99: number;
  /** Milliseconds of CPU a request. */
  appMs: number;
  databaseMs: number;
  failed: number;
}

const connections = 16;

/** Sends one job for some seconds over 16 connections. */
export async function measure(
  target: Target,
  postmaster: number,
  job: Job,
  seconds: number,
): Promise<Figures> {
  const [app, database] = [cpuMs(target.pid), cpuMs(postmaster)];
  const { method, post } = { method: job.post ? ('POST' as const) : ('GET' as const), post: job.post };
  const result = await autocannon({
    url: target.url,
    connections,
    duration: seconds,
    requests: [
      {
        method,
        path: job.path,
        headers: job.headers,
        ...(post && { setupRequest: (request) => ({ ...request, ...post() }) }),
      },
    ],
  });
  const count = result.requests.total;
  return {
    perSecond: count / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    appMs: (cpuMs(target.pid) - app) / count,
    databaseMs: (cpuMs(postmaster) - database) / count,
    failed: result.errors + result.timeouts + result['4xx'] + result['5xx'],
  };
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
