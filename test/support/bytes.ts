// Sends arbitrary bytes over a bare connection.
import { connect } from 'node:net';

/** What the server answers to these bytes, until it closes or says nothing for `patienceMs`. */
export function exchangeRaw(url: string, bytes: string | Buffer, patienceMs = 1500): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    const finish = () => {
      socket.destroy();
      resolve(answer);
    };
    socket.setEncoding('latin1').setTimeout(patienceMs, finish);
    socket.on('data', (data: string) => {
      answer += data;
      if (/^Connection: close/im.test(answer)) socket.setTimeout(200);
    });
    socket.on('close', finish).on('error', finish);
  });
}

/** The status code of such an answer, or 0. */
export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0);
}
