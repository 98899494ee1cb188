// The real program with many open pages: cost and shutdown.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createPool, type Pool } from '../../../src/database/pool.ts';
import { newSite, postmasterIn, signal, start } from '../../start/site.ts';
import { calmSettings } from '../../support/app.ts';
import { createDatabase } from '../../support/database.ts';
import { registered } from '../../support/person.ts';
import { ready, type Program } from '../../support/program.ts';
import { openStream, type OpenPage } from './listening.ts';
import { signInMany, type SignedIn } from './sessions.ts';

/** The program on a database of its own, and a way into that. */
async function startProgram(): Promise<{ program: Program; pool: Pool }> {
  const databaseUrl = await createDatabase();
  const publicUrl = 'http://localhost:3000'; // that of the cookies (signInMany)
  const program = await start({ ...calmSettings, DATABASE_URL: databaseUrl, PUBLIC_URL: publicUrl });
  const pool = createPool(databaseUrl, () => {});
  onTestFinished(() => pool.end());
  return { program, pool };
}

/** A page for each browser, opened a hundred at a time. */
async function openAll(url: string, browsers: SignedIn[]): Promise<OpenPage[]> {
  const pages: OpenPage[] = [];
  for (let from = 0; from < browsers.length; from += 100)
    pages.push(...(await Promise.all(browsers.slice(from, from + 100).map((each) => openStream(url, each)))));
  return pages;
}

function megabytesOf({ process: { pid } }: Program): number {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kilobytes) / 1024;
}

test('SIGTERM with 200 open pages closes every stream and ends in time', async () => {
  const { program, pool } = await startProgram();
  const pages = await openAll(program.url, await signInMany(pool, 20, 10));
  expect(pages.every(({ status }) => status === 200)).toBe(true);
  for (const page of pages) await page.hears({ unread: 0 });
  const { code, ms } = await program.end();
  expect(code).toBe(0);
  expect(ms).toBeLessThan(5000);
  expect(await Promise.all(pages.map((page) => page.ended))).toEqual(pages.map(() => true));
});

test.skipIf(process.platform !== 'linux')(
  'one process serves 5,000 open pages, notifies the right one, and refuses the next',
  async () => {
    const { program, pool } = await startProgram();
    const browsers = await signInMany(pool, 1260, 4);
    const [last, bob] = [browsers.pop()!, await registered(program.url, 'bob')];
    const before = megabytesOf(program);
    const pages = await openAll(program.url, browsers.slice(0, 5000));
    expect(pages.filter(({ status }) => status !== 200)).toEqual([]);
    for (const page of pages) await page.hears({ unread: 0 }, 20_000);
    const each = ((megabytesOf(program) - before) * 1024) / 5000;
    console.log(`5,000 open pages: ${megabytesOf(program).toFixed(0)} MB, ${each.toFixed(0)} kB each`);
    expect(each).toBeLessThan(60);

    const refused = await openStream(program.url, last);
    expect(refused.status).toBe(503);

    const counts = pages.map((page) => page.news().length);
    const startedAt = performance.now();
    await bob.send(browsers[2000]!.username, 'For one of five thousand');
    await pages[2000]!.hears({ unread: 1 });
    expect(performance.now() - startedAt).toBeLessThan(5000);
    for (const page of pages.slice(2001, 2004)) await page.hears({ unread: 1 });
    await sleep(100); // and nobody else
    const told = pages.filter((page, i) => page.news().length > counts[i]!);
    expect(told.map((page) => pages.indexOf(page))).toEqual([2000, 2001, 2002, 2003]); // all of this person's

    const { code, ms } = await program.end();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(9500);
    expect(new Set(await Promise.all(pages.map((page) => page.ended)))).toEqual(new Set([true]));
  },
  60_000,
);

test('PostgreSQL is killed and restarted: pages stay open and catch up', async () => {
  const settings = await newSite();
  const program = await start(settings);
  const alice = await registered(program.url, 'alice');
  const bob = await registered(program.url, 'bob');
  const page = await openStream(program.url, alice);
  onTestFinished(() => page.close());
  await page.hears({ unread: 0 });

  signal(postmasterIn(settings.DATA_DIR!), 'SIGKILL');
  await sleep(200);
  await ready(program);
  expect((await bob.send('alice', 'After the storm')).status).toBe(303);
  await page.hears({ unread: 1 }, 20_000);
});
