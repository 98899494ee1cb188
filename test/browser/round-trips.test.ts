// Every page makes at most two database round trips and writes nothing; signed-out pages make none.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { stranger, type Answer, type Person } from '../support/person.ts';
import { statementsOf } from '../support/statements.ts';
import { fillMailbox, pages } from './every-page.ts';

const { app, alice } = await cast();
beforeAll(() => fillMailbox(app, alice));
afterAll(() => app.close());

// Whoever follows a link that sets a password is counted, so that links cannot be guessed; and of whoever has given the
// right password, it is asked whether that still holds.
const known = /^\/(reset\/|login\/second)/;

/** The same person, and what each page that they open asks. */
function watched(person: Person): { person: Person; views: { path: string; texts: string[] }[] } {
  const views: { path: string; texts: string[] }[] = [];
  const get = async (path: string): Promise<Answer> => {
    let answer: Answer;
    const texts = await statementsOf(app.appPool, async () => {
      answer = await person.get(path);
    });
    views.push({ path, texts });
    return answer!;
  };
  return { person: { ...person, get }, views };
}

const here = pages.filter(({ isByInvitation, isByApproval }) => !isByInvitation && !isByApproval);

test.each(here.filter(({ isPublic }) => isPublic))('$name makes no query when signed out', async (page) => {
  const { person, views } = watched(stranger(app.url));
  await page.open(person);
  const asked = views.filter(({ path }) => !known.test(path));
  expect(asked.flatMap(({ texts }) => texts)).toEqual([]);
});

// Beside the session, these ask for several things at the same time.
const atTheSameTime: [path: RegExp, statements: number][] = [
  [/^\/account$/, 3],
  [/^\/search\?/, 2],
  [/^\/send$/, 2],
  [/^\/send\?/, 3],
];
const mostStatements = (path: string) =>
  1 + (atTheSameTime.find(([pattern]) => pattern.test(path))?.[1] ?? 1);

test.each(here.filter(({ isPublic }) => !isPublic))(
  '$name makes at most two queries and writes nothing',
  async (page) => {
    await page.open(alice); // the first visit removes the unread mark
    const { person, views } = watched(alice);
    await page.open(person);
    for (const { path, texts } of views) {
      expect(texts.length, `${path}: ${texts.join('\n')}`).toBeLessThanOrEqual(mostStatements(path));
      for (const text of texts) expect(text, path).not.toMatch(/\b(insert|update|delete)\b/i);
    }
  },
);
