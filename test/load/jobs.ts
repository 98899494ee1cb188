// The measured jobs: one kind of request each.
import type { BenchPerson } from './data.ts';
import type { Ask } from './generator.ts';
import { readForm } from './target.ts';

export interface Job {
  name: string;
  asks: Ask[];
  hasFloor: boolean;
}

export interface Member {
  username: string;
  password: string;
}

const text = 'A text of three hundred characters. '.repeat(8).slice(0, 300);

/** The jobs on the product at this address. */
export async function makeJobs(
  url: string,
  people: BenchPerson[],
  messagePath: string,
  member: Member,
): Promise<Job[]> {
  const reader = people[0]!;
  const login = await readForm(`${url}/login`);
  return [
    { name: 'GET /inbox', asks: [getAs(reader, '/inbox')], hasFloor: true },
    { name: 'GET /conversations', asks: [getAs(reader, '/conversations')], hasFloor: false },
    { name: 'GET /messages/:id', asks: [getAs(reader, messagePath)], hasFloor: true },
    { name: 'POST /send', asks: await sendRequests(url, people, knownTo), hasFloor: true },
    { name: 'POST /send, to somebody new', asks: await sendRequests(url, people, newTo), hasFloor: false },
    { name: 'GET /login, signed out', asks: [getAs({ cookie: '' }, '/login')], hasFloor: true },
    { name: 'GET /search', asks: [getAs(reader, '/search?q=table+cake')], hasFloor: false },
    { name: 'POST /login', asks: [loginOf(login, member)], hasFloor: false },
  ];
}

export function getAs({ cookie }: { cookie: string }, path: string): Ask {
  return { method: 'GET', path, cookie, body: '' };
}

export const knownTo = (people: BenchPerson[], index: number) => people[(index * 7 + 1) % people.length]!;
const newTo = (people: BenchPerson[], index: number) => people[(index * 7 + 2) % people.length]!;

/**
 * From each of these people to another, so that nobody sends more in a minute than a person does. All sessions share one
 * token.
 */
export async function sendRequests(
  url: string,
  people: BenchPerson[],
  recipientOf = knownTo,
): Promise<Ask[]> {
  const { token } = await readForm(`${url}/send`, people[0]!.cookie);
  return people.map(({ cookie }, index) => {
    const recipient = recipientOf(people, index).username;
    return post('/send', cookie, { _csrf: token, recipient, body: text }, '&key={key}');
  });
}

export function loginOf(stranger: { token: string; cookie: string }, member: Member): Ask {
  return post('/login', stranger.cookie, { _csrf: stranger.token, ...member });
}

function post(path: string, cookie: string, fields: Record<string, string>, more = ''): Ask {
  return { method: 'POST', path, cookie, body: new URLSearchParams(fields).toString() + more };
}
