// METRICS=on: Prometheus reads numbers of all processes at an address of their own, and no name or id.
import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { calmSettings } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { registered, stranger } from '../support/person.ts';
import { freePort } from '../support/program.ts';
import { available } from '../support/required.ts';
import { begin, start } from './site.ts';

type Sample = [name: string, labels: Record<string, string>, value: number];

const script = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
families = text_string_to_metric_families(sys.stdin.read())
print(json.dumps([[s.name, s.labels, str(s.value)] for family in families for s in family.samples]))`;

/** As Prometheus's own library reads them. */
function parse(text: string): Sample[] {
  const samples = JSON.parse(
    execFileSync('/usr/bin/python3', ['-c', script], { input: text, encoding: 'utf8' }),
  ) as [string, Record<string, string>, string][];
  return samples.map(([name, labels, value]) => [name, labels, Number(value)]);
}

/** The same without a process, for those that are polled; `parse` confirms the last. */
function parseLines(text: string): Sample[] {
  return text
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => {
      const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line)!;
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, of]) => [label, of]);
      return [name!, Object.fromEntries(pairs) as Record<string, string>, Number(value)];
    });
}

async function site(more: Record<string, string> = {}) {
  const metricsPort = String(await freePort());
  const DATABASE_URL = await createDatabase();
  const program = await start({
    ...calmSettings,
    DATABASE_URL,
    METRICS: 'on',
    METRICS_PORT: metricsPort,
    ...more,
  });
  const read = async (path = '/metrics') => {
    const answer = await fetch(`http://127.0.0.1:${metricsPort}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  const valueOf = async (name: string, labels: Record<string, string> = {}) => {
    const { status, text } = await read();
    if (status !== 200) return undefined; // a process is just starting
    const found = parseLines(text).find(
      ([each, of]) => each === name && Object.entries(labels).every(([label, value]) => of[label] === value),
    );
    return found?.[2];
  };
  return { program, read, valueOf, metricsPort, DATABASE_URL };
}

describe.skipIf(!available('python3-prometheus-client'))('metrics', () => {
  test('of one process: requests, durations, connections, streams, batches, and nothing about people', async () => {
    const { program, read, valueOf, metricsPort, DATABASE_URL } = await site();
    const alice = await registered(program.url, 'canary-alice');
    for (let n = 0; n < 3; n++) await alice.get('/inbox');
    await alice.get('/with/canary-alice');
    await alice.get('/search?q=canary-words');
    await alice.get('/canary-nowhere/canary');
    await alice.send('canary-alice', 'canary-body');
    const stream = new AbortController();
    await fetch(`${program.url}/events`, { headers: { Cookie: alice.cookies() }, signal: stream.signal });
    await stranger(program.url).submit('/login', { username: 'canary-bob', password: 'canary-password' });

    await expect
      .poll(() => valueOf('http_requests_total', { method: 'GET', route: '/inbox', status: '200' }))
      .toBe(3);
    await expect
      .poll(() => valueOf('http_requests_total', { method: 'POST', route: '/send', status: '303' }))
      .toBe(1);
    await expect.poll(() => valueOf('http_requests_total', { route: 'unknown', status: '404' })).toBe(1);
    await expect.poll(() => valueOf('http_requests_total', { route: '/login', status: '422' })).toBe(1);
    await expect
      .poll(() => valueOf('http_request_duration_seconds_count', { route: '/with/:username' }))
      .toBe(1);
    await expect
      .poll(() => valueOf('http_request_duration_seconds_bucket', { route: '/inbox', le: '+Inf' }))
      .toBe(3);
    expect(await valueOf('database_connections')).toBeGreaterThan(0);
    expect(await valueOf('database_connections_idle')).toBeGreaterThan(0);
    expect(await valueOf('database_connections_waiting')).toBe(0);
    expect(await valueOf('password_hashes_waiting')).toBe(0);
    await expect.poll(() => valueOf('event_streams')).toBe(1);
    await expect.poll(() => valueOf('batch_items_total', { kind: 'notifications' })).toBeGreaterThan(0);
    expect(await valueOf('process_resident_memory_bytes')).toBeGreaterThan(10_000_000);

    const { status, text } = await read();
    expect(status).toBe(200);
    expect(parse(text)).toEqual(parseLines(text));
    expect(text).not.toMatch(/canary|alice|[\da-f]{8}-[\da-f]{4}-/);
    stream.abort();
    await expect.poll(() => valueOf('event_streams')).toBe(0);
    expect((await read('/')).status).toBe(404);
    expect((await fetch(`${program.url}/metrics`)).status).toBe(404);

    const other = await begin({ ...calmSettings, DATABASE_URL, METRICS: 'on', METRICS_PORT: metricsPort });
    expect((await other.ended).code).toBe(1);
    const line = `private-messages: Port ${metricsPort} is already in use: set METRICS_PORT to another one.\n`;
    expect(other.stderr()).toBe(line);
  });

  test('of several processes are added up', async () => {
    const { program, read, valueOf } = await site({ WEB_CONCURRENCY: '2' });
    await expect.poll(() => valueOf('processes'), { interval: 300 }).toBe(2);
    // Each on a connection of its own: the processes take turns.
    for (let n = 0; n < 8; n++) await fetch(`${program.url}/login`, { headers: { Connection: 'close' } });
    await expect.poll(() => valueOf('http_requests_total', { route: '/login', status: '200' })).toBe(8);
    const { text } = await read();
    expect(parse(text)).toEqual(parseLines(text));
    expect((await program.end()).code).toBe(0);
  });
});

test('nothing is served unless it is turned on', async () => {
  const port = String(await freePort());
  await start({ ...calmSettings, DATABASE_URL: await createDatabase(), METRICS_PORT: port });
  await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow('fetch failed');
});
