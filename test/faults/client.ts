// A user's browser under load: one cookie, one address; a missing answer is an answer too.
import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import type { BenchPerson } from '../load/data.ts';

export interface Reply {
  /** 0: the connection broke, or nothing came in time. */
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  ms: number;
}

export interface Client {
  person: BenchPerson;
  get(path: string): Promise<Reply>;
  post(path: string, fields: Record<string, string>): Promise<Reply>;
  /** Posts anything, such as a form with a file. */
  upload(path: string, headers: Record<string, string>, body: Buffer): Promise<Reply>;
  /** What the forms of this person carry for as long as the session lasts. Throws when there is none to be had. */
  token(): Promise<string>;
  /** The Cookie header as it stands. */
  cookies(): string;
  close(): void;
}

const patienceMs = 20_000;

/**
 * Goes to the first of these addresses, and to the next one when it gets no answer. Each client comes from a loopback
 * address of its own, so that nginx's limits hold for it as they do for anybody.
 */
export function openClient(addresses: string[], person: BenchPerson, index: number): Client {
  const agent = new Agent({ keepAlive: true, ...from(index) });
  const jar = new Map(person.cookie.split('; ').filter(Boolean).map(cookieIn));
  const cookies = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
  let turn = index;
  let known = { session: '', token: '' };

  const ask = async (
    method: string,
    path: string,
    body?: string | Buffer,
    more: Record<string, string> = {},
  ): Promise<Reply> => {
    const headers = { ...more, cookie: cookies() };
    const reply = await exchange(
      addresses[turn % addresses.length]! + path,
      { method, headers, agent },
      body,
    );
    if (reply.status === 0) turn += 1;
    for (const line of reply.headers['set-cookie'] ?? []) {
      const [name, value] = cookieIn(line);
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    return reply;
  };
  const get = (path: string) => ask('GET', path);
  const post = (path: string, fields: Record<string, string>) =>
    ask('POST', path, new URLSearchParams(fields).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    });
  const upload = (path: string, headers: Record<string, string>, body: Buffer) =>
    ask('POST', path, body, headers);
  const token = async () => {
    const session = [...jar].find(([name]) => name.endsWith('session'))?.[1] ?? '';
    if (known.session !== session) known = { session, token: tokenIn((await get('/send')).text) };
    return known.token;
  };
  return { person, get, post, upload, token, cookies, close: () => agent.destroy() };
}

function cookieIn(line: string): [name: string, value: string] {
  const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  return [name, value];
}

/** The token of the forms on this page. */
export function tokenIn(page: string): string {
  const token = /name="_csrf" value="([^"]+)"/.exec(page)?.[1];
  if (!token) throw new Error('There is no form on this page.');
  return token;
}

/** Until every one of these gets three pages in a row; returns how long that took. */
export async function untilServed(readers: Client[]): Promise<number> {
  const startedAt = performance.now();
  const deadline = Date.now() + 30_000;
  for (let row = 0; row < 3 && Date.now() < deadline; row++) {
    const pages = await Promise.all(readers.map((reader) => reader.get('/inbox')));
    if (pages.some(({ status }) => status !== 200)) row = -1;
  }
  return performance.now() - startedAt;
}

/** On Linux, all of 127/8 is this machine. */
export function from(index: number): { localAddress?: string } {
  if (process.platform !== 'linux') return {};
  return { localAddress: `127.1.${(index >> 8) % 256}.${index % 256}` };
}

function exchange(
  url: string,
  options: { method: string; headers: Record<string, string>; agent: Agent },
  body?: string | Buffer,
): Promise<Reply> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const finish = (status: number, headers: IncomingHttpHeaders, text: string) => {
      clearTimeout(limit);
      resolve({ status, headers, text, ms: performance.now() - startedAt });
    };
    const asking = request(url, options, (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.on('error', () => finish(0, {}, ''));
      answer.on('end', () =>
        finish(answer.statusCode!, answer.headers, Buffer.concat(pieces).toString('utf8')),
      );
    });
    const limit = setTimeout(() => asking.destroy(new Error('no answer')), patienceMs);
    asking.on('error', () => finish(0, {}, ''));
    asking.end(body);
  });
}
