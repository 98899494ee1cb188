// One's own e-mail addresses on the import page: any notation, kept on refusals.
import { afterAll, expect, test } from 'vitest';
import { addressesIn } from '../../../src/transfers/imports/import-form.ts';
import { cast } from '../../support/cast.ts';
import type { Answer } from '../../support/person.ts';
import { formWith, mboxOf, multipart, resultOf } from './importing.ts';

const { app, alice } = await cast();
afterAll(() => app.close());

async function importWith(addresses: string, file: string): Promise<Answer> {
  const fields = { ...(await alice.hidden('/account/import')), addresses };
  return alice.ask('post', '/account/import', multipart, formWith(fields, file));
}

const addressIn = ({ $ }: Answer) => $('input[name=addresses]').attr('value');

test.each([
  ['ada@example.org', ['ada@example.org']],
  ['Ada@Example.ORG, ada@work.example', ['ada@example.org', 'ada@work.example']],
  ['  ada@example.org;ada@example.org ', ['ada@example.org']],
  ['Ada Lovelace <ada@example.org>', ['ada@example.org']],
  ['"Ada L." <ada@example.org>, (ada@work.example).', ['ada@example.org', 'ada@work.example']],
  ['ada@example.org、ada@work.example', ['ada@example.org', 'ada@work.example']],
  ['ada at example.org', []],
  ['@example.org ada@', []],
  ['', []],
])('%j', (typed, addresses) => {
  expect(addressesIn(typed)).toEqual(addresses);
});

test('mail from one’s own addresses goes to Sent, the rest to the inbox; the addresses are remembered', async () => {
  const from = (who: string) =>
    `From: ${who}\nTo: bob@example.org\nDate: Tue, 24 Nov 2020 03:27:57 +0100\n\nHi`;
  const file = mboxOf(from('Ada <ADA@example.org>'), from('carol@example.org'));
  expect((await importWith('Ada <ada@example.org>', file)).status).toBe(303);
  expect(await resultOf(alice)).toBe('Imported 2 messages.');
  expect((await alice.get('/sent')).$('.messages > li')).toHaveLength(1);
  expect((await alice.get('/inbox')).$('.messages > li')).toHaveLength(1);
  expect(addressIn(await alice.get('/account/import'))).toBe('Ada <ada@example.org>');
});

test('the input is kept when the file or an address is refused', async () => {
  const empty = await importWith('ada@example.org', '');
  expect([empty.status, addressIn(empty)]).toEqual([422, 'ada@example.org']);
  const none = await importWith('"Ada" & co', 'x');
  expect([none.status, addressIn(none)]).toEqual([422, '"Ada" & co']);
  expect(none.$('#addresses-error').text()).toMatch(/^There is no e-mail address here\./);
  const many = Array.from({ length: 21 }, (_, n) => `a${n}@example.org`).join(' ');
  const tooMany = await importWith(many, 'x');
  expect([tooMany.status, addressIn(tooMany)]).toEqual([422, many]);
});
