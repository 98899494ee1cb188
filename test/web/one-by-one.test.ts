// Many forms of strangers that arrive together: everybody else is served between two of them.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { registered } from '../support/person.ts';

const many = 100;

test.each(['/login', '/login/recovery', '/register'])(
  'a hundred forms sent to %s at the same moment do not come before a page',
  async (path) => {
    const app = await startApp();
    const alice = await registered(app.url, 'alice');
    const { host, hostname, port } = new URL(app.url);
    const ask = async (socket: Socket, line: string, cookie = '') => {
      socket.write(`${line} HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nContent-Length: 0\r\n\r\n`);
      await once(socket, 'data');
    };
    const sockets = await Promise.all(
      Array.from({ length: many + 1 }, async () => {
        const socket = connect(Number(port), hostname);
        await ask(socket, 'GET /healthz'); // now the server has it
        return socket;
      }),
    );
    const page = sockets.pop()!;
    const answered: string[] = [];
    await Promise.all([
      ...sockets.map((socket) => ask(socket, `POST ${path}`).then(() => answered.push(path))),
      ask(page, 'GET /inbox', alice.cookies()).then(() => answered.push('page')),
    ]);
    for (const socket of [...sockets, page]) socket.destroy();
    expect(answered).toHaveLength(many + 1);
    expect(answered.indexOf('page')).toBeLessThan(many / 2);
    await app.close();
  },
);
