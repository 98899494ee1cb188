// Many logins at the same moment, from a process of its own: whoever measures meanwhile must not wait for itself.
import { stdin } from 'node:process';
import { once } from 'node:events';
import type { Ask } from './generator.ts';

const { LOGINS_URL, LOGINS_ASK, LOGINS_COUNT } = process.env;
const { path, cookie, body } = JSON.parse(LOGINS_ASK!) as Ask;
const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded' };

await once(stdin, 'data');
const statuses = await Promise.all(
  Array.from({ length: Number(LOGINS_COUNT) }, async () => {
    const answer = await fetch(LOGINS_URL + path, { method: 'POST', headers, body, redirect: 'manual' });
    await answer.arrayBuffer();
    return answer.status;
  }),
);
console.log(JSON.stringify(statuses));
process.exit();
