// Clients that hold connections with almost no traffic: endless headers and forms, unread answers.
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { atTheEnd } from './cleanup.ts';
import { from } from './client.ts';
import { audit, openLedger } from './ledger.ts';
import { timeOthers } from './others.ts';
import { percentile } from './percentile.ts';
import type { Site } from './site.ts';
import { Impossible, type Outcome } from './table.ts';

const others = 8;
const fromOneAddress = 20; // nginx allows a hundred

export interface SlowDose {
  clients: number;
  seconds: number;
  /** So many times without them and with them, in turn. */
  rounds: number;
  /** Whether the times are judged; in a test, on a shared machine, they are only reported. */
  isTimed: boolean;
}

export async function slowClients(site: Site, dose: SlowDose): Promise<Outcome> {
  if (!site.nginx) throw new Impossible('needs nginx: apt-get install nginx');
  const ledger = openLedger();
  const wrong: string[] = [];
  const ratios: number[] = [];
  const figures: string[] = [];
  for (let round = 0; round < dose.rounds; round++) {
    const idle = percentile(
      await timeOthers(site, ledger, { people: others, seconds: dose.seconds, pauseMs: 40 }, wrong),
      99,
    );
    const crowd = gather(site, dose.clients);
    const dismiss = atTheEnd(() => crowd.dismiss());
    await crowd.isThere;
    const busy = percentile(
      await timeOthers(site, ledger, { people: others, seconds: dose.seconds, pauseMs: 40 }, wrong),
      99,
    );
    if (crowd.connected() < dose.clients * 0.9)
      wrong.push(`only ${crowd.connected()} slow clients were there`);
    await dismiss();
    await sleep(500);
    ratios.push(busy / idle);
    figures.push(`${idle.toFixed(0)} → ${busy.toFixed(0)} ms`);
  }
  const found = await site.withDatabase((db) => audit(db, ledger));
  const ratio = percentile(ratios, 50);
  if (dose.isTimed && ratio > 2) wrong.push(`the p99 of others is ${ratio.toFixed(1)} times as long`);
  return {
    ...found,
    tries: dose.clients,
    wrong: [...wrong, ...found.wrong],
    note: `others' p99 × ${ratio.toFixed(2)} (${figures.join(', ')})`,
  };
}

const beginnings = [
  () => 'GET /login HTTP/1.1\r\nHost: x\r\n',
  () =>
    'POST /login HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 90000\r\n\r\n',
  (cookie: string) => `GET /inbox HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`,
];
const morsels = ['X-a: b\r\n', 'a', ''];

/** So many slow clients, which reconnect when cut off. */
function gather(site: Site, count: number) {
  const { hostname, port } = new URL(site.addresses[0]!);
  const sockets = new Set<Socket>();
  let isOver = false;
  const come = (index: number) => {
    if (isOver) return;
    const kind = index % beginnings.length;
    const socket = connect({
      host: hostname,
      port: Number(port),
      ...from(1000 + Math.floor(index / fromOneAddress)),
    });
    sockets.add(socket);
    if (kind === 2) socket.pause();
    else socket.resume();
    socket.on('error', () => {});
    socket.once('connect', () => socket.write(beginnings[kind]!(site.people[100 + (index % 100)]!.cookie)));
    const nibbling = setInterval(() => morsels[kind] && socket.write(morsels[kind]), 2000);
    socket.once('close', () => {
      clearInterval(nibbling);
      sockets.delete(socket);
      setTimeout(come, 200, index).unref();
    });
  };
  const isThere = (async () => {
    for (let index = 0; index < count; index++) {
      come(index);
      if (index % 20 === 19) await sleep(10);
    }
    await sleep(500);
  })();
  return {
    isThere,
    connected: () => [...sockets].filter((socket) => !socket.connecting).length,
    dismiss: () => {
      isOver = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}
