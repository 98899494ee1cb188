// A logout while other pages of the same session are being loaded, each of which renews it.
import { setTimeout as sleep } from 'node:timers/promises';
import { sessionKey } from '../../src/sessions/queries.ts';
import type { BenchPerson } from '../load/data.ts';
import { openClient } from './client.ts';
import { givePasswords, logIn, logOut } from './doors.ts';
import type { Site } from './site.ts';
import type { Outcome } from './table.ts';

const pagesAtOnce = 12;
const withinMs = 10;

export async function logoutRace(site: Site, { times }: { times: number }): Promise<Outcome> {
  await givePasswords(site);
  const wrong: string[] = [];
  let overtaken = 0;
  for (let time = 0; time < times; time++) {
    const someone = { ...site.people[time % site.people.length]!, cookie: '' };
    const leaver = openClient(site.addresses, someone, time);
    const answer = await logIn(leaver);
    if (answer.status !== 303) throw new Error(`Logging in was answered ${answer.status}.`);
    await leaver.token();

    const old = { ...someone, cookie: leaver.cookies() };
    if ((await look(site, old, 0)) !== 200) wrong.push('the cookie never worked');
    await makeOld(site, old);
    let isOut = false;
    const pages = Promise.all(
      Array.from({ length: pagesAtOnce }, async (_, index) => {
        await sleep(Math.random() * withinMs);
        const status = await look(site, old, index);
        if (isOut && status === 200) overtaken += 1;
      }),
    );
    await sleep(Math.random() * withinMs);
    const { status } = await logOut(leaver);
    isOut = true;
    if (status !== 303) wrong.push(`the logout was answered ${status}`);
    const after = [await look(site, old, 0), await look(site, old, 1)];
    await pages;
    after.push(await look(site, old, 0), await look(site, old, 1));
    if (after.some((page) => page !== 303)) wrong.push('the old cookie worked again');
    const kept = await site.withDatabase((db) =>
      db.query('select from sessions where sid = $1', [sidOf(old)]),
    );
    if (kept.rowCount) wrong.push('the session is in the database again');
    leaver.close();
  }
  return { tries: times, lost: 0, duplicated: 0, wrong, note: `${overtaken} pages overtaken by the logout` };
}

/** The status of the inbox at one of the processes; 303 leads to the login. */
async function look(site: Site, person: BenchPerson, index: number): Promise<number> {
  const client = openClient([site.apps[index % site.apps.length]!.url], person, 300 + index);
  const { status } = await client.get('/inbox');
  client.close();
  return status;
}

/** As if the last page had been an hour ago. */
async function makeOld(site: Site, person: BenchPerson): Promise<void> {
  await site.withDatabase((db) =>
    db.query(
      `update sessions set sess = sess || jsonb_build_object('seenAt', (sess->>'seenAt')::float8 - 3600000)
        where sid = $1`,
      [sidOf(person)],
    ),
  );
}

/** What the database knows of a session cookie. */
function sidOf({ cookie }: BenchPerson): string {
  const signed = decodeURIComponent(/session=([^;]*)/.exec(cookie)![1]!); // s:ID.SIGNATURE
  return sessionKey(signed.slice(2, signed.lastIndexOf('.')))[1];
}
