// What METRICS=on costs: the inbox in one process that measures in every other round. Two processes of one and the same
// program differ by more than what is measured here.
import type { AddressInfo } from 'node:net';
import type { RequestHandler } from 'express';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { openAppPool } from '../../src/database/app-role.ts';
import { migrate } from '../../src/database/migrate.ts';
import { openContext } from '../../src/process/context.ts';
import { openMetrics } from '../../src/process/metrics.ts';
import { createBoundedServer } from '../../src/process/server.ts';
import { createLog } from '../../src/web/log.ts';
import { freePort } from '../support/program.ts';
import { benchSite, fillMailboxes, makePeople } from './data.ts';
import { generate } from './generator.ts';
import { getAs } from './jobs.ts';
import { median } from './measure.ts';
import type { Site } from './site.ts';

const rounds = Number(process.env.ROUNDS ?? 60);
const seconds = Number(process.env.SECONDS ?? 1);

export async function measureMetrics(site: Site): Promise<void> {
  const { address } = await site.database('metrics');
  const owner = site.pool(address);
  await migrate(owner);
  const config = readConfig({ PUBLIC_URL: benchSite.publicUrl, DATA_DIR: site.folder, LOG_LEVEL: 'silent' });
  const pool = await openAppPool(owner, address, console.error, () => {});
  const { ctx, close } = await openContext(config, pool, createLog(config.logLevel));
  const measure = await openMetrics(ctx, { host: '127.0.0.1', port: await freePort() });
  let isOn = false;
  const every: RequestHandler = (req, res, next) => void (isOn ? measure(req, res, next) : next());
  const server = createBoundedServer(createApp({ ...ctx, measure: every }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const people = await makePeople(owner, 2);
  await fillMailboxes(
    owner,
    people.map(({ id }) => id),
    2000,
  );
  await owner.query('vacuum analyze');

  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const costOf = async (on: boolean): Promise<number> => {
    isOn = on;
    const before = process.cpuUsage();
    const { count } = await generate(url, [getAs(people[0]!, '/inbox')], seconds);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / count;
  };
  const found: { off: number; on: number }[] = [];
  for (let round = 0; round < rounds + 5; round++) {
    const first = await costOf(round % 2 === 0);
    const second = await costOf(round % 2 === 1);
    const pair = round % 2 ? { off: first, on: second } : { off: second, on: first };
    if (round >= 5) found.push(pair); // the first ones warm up
  }
  const ratios = found.map(({ off, on }) => on / off).toSorted((a, b) => a - b);
  const quartiles = [0.25, 0.75].map((part) => ratios[Math.floor(part * ratios.length)]!.toFixed(3));
  console.log(`GET /inbox, ${median(found.map(({ off }) => off)).toFixed(3)} ms of CPU in the app`);
  console.log(
    `with metrics ${median(ratios).toFixed(3)} times as much (quartiles ${quartiles.join(' and ')})`,
  );
  server.closeAllConnections();
  server.close();
  await close();
  await pool.end();
}
