// A burst of signed-out forms does not delay other users.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';

const many = 100;

test.each(['/login', '/login/recovery', '/register'])(
  'a hundred concurrent forms to %s do not block the event loop in one turn',
  async (path) => {
    const app = await startApp(); // in this process: both have the same turns
    const { host, hostname, port } = new URL(app.url);
    const ask = async (socket: Socket, line: string) => {
      socket.write(`${line} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n`);
      await once(socket, 'data');
    };
    const sockets = await Promise.all(
      Array.from({ length: many }, async () => {
        const socket = connect(Number(port), hostname);
        await ask(socket, 'GET /healthz'); // now the server has it
        return socket;
      }),
    );
    const answered: number[] = [];
    let turn = 0;
    const asked = sockets.map((socket) => ask(socket, `POST ${path}`).then(() => answered.push(turn)));
    for (; answered.length < many; turn += 1) await setImmediate();
    await Promise.all(asked);
    for (const socket of sockets) socket.destroy();
    const inOneTurn = Object.values(Object.groupBy(answered, String)).map((all) => all!.length);
    expect(Math.max(...inOneTurn)).toBeLessThan(many / 10);
    await app.close();
  },
);

test('ten thousand pipelined ones over a closed connection do not delay the login', async () => {
  const app = await startApp();
  const { host, hostname, port } = new URL(app.url);
  const line = `POST /login HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\n\r\n`;
  const flood = connect(Number(port), hostname).on('error', () => {});
  flood.write(line.repeat(10_000));
  await sleep(500); // what is accepted of it is in the line
  flood.destroy();
  const person = connect(Number(port), hostname);
  person.write(line);
  const answered: number[] = [];
  let turn = 0;
  const asked = once(person, 'data').then(() => answered.push(turn));
  for (; answered.length === 0; turn += 1) await setImmediate();
  await asked;
  expect(turn).toBeLessThan(2000);
  person.destroy();
  await app.close();
});
