// What is measured: one kind of request each.
import { randomUUID } from 'node:crypto';
import type { BenchPerson } from './data.ts';
import { readForm } from './target.ts';

export interface Posted {
  headers: Record<string, string>;
  body: string;
}

export interface Job {
  name: string;
  path: string;
  headers: Record<string, string>;
  /** What is posted, made anew for each request; absent for GET. */
  post?: () => Posted;
  hasFloor: boolean;
}

const letter = 'A letter of three hundred characters. '.repeat(8).slice(0, 300);

/** The jobs on the product at this address. */
export async function makeJobs(
  url: string,
  people: BenchPerson[],
  messagePath: string,
  member: { username: string; password: string },
): Promise<Job[]> {
  const reader = { cookie: people[0]!.cookie };
  const sending = await readForm(`${url}/send`, people[0]!.cookie);
  const login = await readForm(`${url}/login`);
  return [
    { name: 'GET /inbox', path: '/inbox', headers: reader, hasFloor: true },
    { name: 'GET /messages/:id', path: messagePath, headers: reader, hasFloor: true },
    {
      name: 'POST /send',
      path: '/send',
      headers: {},
      hasFloor: true,
      post: () => postLetter(sending.token, people),
    },
    { name: 'GET /login, signed out', path: '/login', headers: {}, hasFloor: true },
    { name: 'GET /search', path: '/search?q=table+cake', headers: reader, hasFloor: false },
    {
      name: 'POST /login',
      path: '/login',
      headers: {},
      hasFloor: false,
      post: () => postLogin(login, member),
    },
  ];
}

/** From somebody to somebody, so that nobody sends more in a minute than a person does. All sessions share one token. */
function postLetter(token: string, people: BenchPerson[]): Posted {
  const [from, to] = [anyOf(people), anyOf(people)];
  return form(from.cookie, { _csrf: token, key: randomUUID(), recipient: to.username, body: letter });
}

export function postLogin(
  stranger: { token: string; cookie: string },
  member: { username: string; password: string },
): Posted {
  return form(stranger.cookie, { _csrf: stranger.token, ...member });
}

function form(cookie: string, fields: Record<string, string>): Posted {
  const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' };
  return { headers, body: new URLSearchParams(fields).toString() };
}

function anyOf<T>(list: T[]): T {
  return list[Math.floor(Math.random() * list.length)]!;
}
