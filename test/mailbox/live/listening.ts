// An open page's event stream, read as it arrives.
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { registered, type Person } from '../../support/person.ts';

export interface News {
  unread: number;
  fresh: number;
  /** Whether the list of the page may have changed. */
  isStale: boolean;
}

export interface OpenPage {
  status: number;
  headers: IncomingMessage['headers'];
  /** All news so far. */
  news(): News[];
  /** Every byte so far. */
  text(): string;
  /** Waits until there is news like this, at the earliest after those already heard. */
  hears(wanted: Partial<News>, withinMs?: number): Promise<void>;
  /** Settles at the end of the stream; true when the server ended it, false when it was cut off. */
  ended: Promise<boolean>;
  close(): void;
}

/** Opens a user's event stream at this process, with the newest message on the page or with more. */
export function openStream(
  url: string,
  person: Pick<Person, 'cookies'>,
  asked: string | Record<string, string> = {},
): Promise<OpenPage> {
  const query = new URLSearchParams(typeof asked === 'string' ? { seen: asked } : asked);
  const address = `${url}/events?${query.toString()}`;
  return new Promise((resolve, reject) => {
    const request = get(address, { agent: false, headers: { Cookie: person.cookies() } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (more: string) => (text += more));
      const ended = new Promise<boolean>((done) => answer.on('close', () => done(answer.complete)));
      answer.on('error', () => {}); // cut off
      const news = () =>
        [...text.matchAll(/^event: mailbox\ndata: (.*)\n\n/gm)].map(([, data]) => JSON.parse(data!) as News);
      let heard = 0;
      const hears = async (wanted: Partial<News>, withinMs = 5000) => {
        const deadline = Date.now() + withinMs;
        for (;;) {
          const fresh = news();
          const found = fresh.findIndex(
            (each, index) => index >= heard && Object.entries(wanted).every(([key, value]) => each[key as keyof News] === value), // prettier-ignore
          );
          if (found >= 0) return void (heard = found + 1);
          if (Date.now() > deadline) throw new Error(`Heard only ${JSON.stringify(fresh.slice(heard))}.`);
          await sleep(5);
        }
      };
      const close = () => void request.destroy();
      resolve({ status: answer.statusCode!, headers: answer.headers, news, text: () => text, hears, ended, close }); // prettier-ignore
    });
    request.on('error', reject); // after the answer has begun, "close" says the same
  });
}

/** Many users, registered a few at a time: more would be rate-limited. */
export async function registerAll(url: string, names: string[]): Promise<Person[]> {
  const people: Person[] = [];
  for (let start = 0; start < names.length; start += 4)
    people.push(...(await Promise.all(names.slice(start, start + 4).map((name) => registered(url, name)))));
  return people;
}

/** All notifications from now on (NOTIFY), until the test ends. */
export async function listenToNotices(databaseUrl: string): Promise<string[]> {
  const told: string[] = [];
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  client.on('notification', ({ payload }) => told.push(payload!));
  await client.query('listen mailboxes');
  onTestFinished(() => client.end());
  return told;
}
