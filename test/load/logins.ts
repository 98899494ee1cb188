// Many concurrent logins from a process of its own, so that they do not delay the measuring one. Over bare sockets:
// fetch() would take a core that the program needs.
import { once } from 'node:events';
import { connect } from 'node:net';
import { stdin } from 'node:process';
import type { Ask } from './generator.ts';

const { LOGINS_URL, LOGINS_ASK, LOGINS_COUNT } = process.env;
const { path, cookie, body } = JSON.parse(LOGINS_ASK!) as Ask;
const { host, hostname, port } = new URL(LOGINS_URL!);
const request = [
  `POST ${path} HTTP/1.1`,
  `Host: ${host}`,
  `Cookie: ${cookie}`,
  'Connection: close',
  'Content-Type: application/x-www-form-urlencoded',
  `Content-Length: ${Buffer.byteLength(body)}`,
  '',
  body,
].join('\r\n');

/** The status of the answer. */
async function logIn(): Promise<number> {
  const socket = connect(Number(port), hostname);
  const closed = once(socket, 'close');
  let answer = '';
  socket.on('data', (bytes: Buffer) => (answer ||= bytes.toString('latin1')));
  socket.write(request);
  await closed;
  return Number(answer.split(' ')[1]);
}

await once(stdin, 'data');
console.log(JSON.stringify(await Promise.all(Array.from({ length: Number(LOGINS_COUNT) }, logIn))));
process.exit();
