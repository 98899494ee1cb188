// Choosing recipients: the latest people as buttons, contacts in a datalist, and "Did you mean", which reveals nobody.
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { distanceOf } from '../../../src/mailbox/people/suggestions.ts';
import { splitUsernames } from '../../../src/usernames.ts';
import { startApp } from '../../support/app.ts';
import { cast } from '../../support/cast.ts';
import { withoutTokens } from '../../support/forms.ts';
import { copiesOf } from '../../support/mailboxes.ts';
import { at, registered, type Answer, type Fields, type Person } from '../../support/person.ts';

const { app, alice, bob, charlie } = await cast();
const open = await startApp({ DIRECTORY: 'members' }, app.databaseUrl);
const stranger = await registered(app.url, 'katharina');
afterAll(async () => {
  await open.close();
  await app.close();
});
beforeEach(async () => {
  await app.pool.query(
    'delete from messages; delete from conversations; delete from rate_limits; delete from sent_forms',
  );
  await app.pool.query('update users set display_name = null, name_key = null, unlisted_at = null');
});

const named = (person: Person, displayName: string) =>
  person.submit('/account/name', { displayName, isListed: 'yes' });
const buttons = ({ $ }: Answer, name: string) =>
  $(`button[name=${name}]`)
    .toArray()
    .map((button) => $(button).attr('value'));
async function typed(fields: Fields, person: Person = alice): Promise<Answer> {
  return person.post('/send', { ...(await person.hidden('/send')), ...fields });
}

test.each([
  ['bob', ['bob']],
  ['@bob', ['bob']],
  ['bob charlie', ['bob', 'charlie']],
  ['@bob @Charlie', ['bob', 'charlie']],
  ['bob; charlie,dora\nerik', ['bob', 'charlie', 'dora', 'erik']],
  [' bob\u00a0charlie\u3000dora ', ['bob', 'charlie', 'dora']],
  ['Bob Smith <bob>, Anna <@ANNA>', ['bob', 'anna']],
  ['<bob>', ['bob']],
  ['bob < charlie', ['bob', '<', 'charlie']],
  [' @ , ; ', []],
])('%j is %j', (text, names) => {
  expect(splitUsernames(text)).toEqual(names);
});

test('names with spaces between them, and pasted with a display name, are sent to', async () => {
  expect((await alice.send('@bob Charlie', 'To both')).status).toBe(303);
  expect((await alice.send('Bob Smith <bob>', 'To one')).status).toBe(303);
  expect(await copiesOf(app.pool, 'To both')).toHaveLength(4);
  expect(await copiesOf(app.pool, 'To one')).toEqual(['alice sent', 'bob inbox, unread']);
});

describe('the latest people', () => {
  beforeEach(async () => {
    await named(charlie, 'Charlotte “<b>”');
    await bob.send('alice', 'Hello');
    await charlie.send('alice', 'Hello');
  });

  test('are buttons above the field and options of it, for their contacts alone', async () => {
    const page = await alice.get('/send');
    expect(buttons(page, 'add')).toEqual(['charlie', 'bob']);
    expect(page.$('.recent bdi').first().text()).toBe('Charlotte “<b>”');
    expect(page.$('#recipient').attr('list')).toBe('contacts');
    const options = page.$('#contacts option').toArray();
    expect(options.map((option) => [page.$(option).attr('value'), page.$(option).attr('label')])).toEqual([
      ['charlie', 'Charlotte “<b>” (charlie)'],
      ['bob', undefined],
    ]);
    expect(withoutTokens(page.text)).not.toContain('katharina');
    const nobody = await stranger.get('/send');
    expect([buttons(nobody, 'add'), nobody.$('#contacts, [list]').length]).toEqual([[], 0]);
  });

  test('a button adds one and keeps everything that was typed; nothing is sent', async () => {
    const hidden = await alice.hidden('/send');
    const first = await alice.post('/send', { ...hidden, recipient: '', body: 'Begun\r\n ', add: 'charlie' });
    expect([first.status, first.$('#recipient').attr('value')]).toEqual([200, 'charlie']);
    expect(first.$('textarea').text()).toBe('Begun\n ');
    expect(first.$('.error')).toHaveLength(0);
    expect(first.$('input[name=key]').attr('value')).toBe(hidden.key);
    for (const [recipient, added] of [
      ['charlie', 'charlie, bob'],
      ['charlie, bob', 'charlie, bob'],
      ['@Bob', 'bob'],
      ['half-typ', 'half-typ, bob'],
    ] as const)
      expect((await typed({ recipient, body: '', add: 'bob' })).$('#recipient').attr('value')).toBe(added);
    expect(
      (await app.pool.query(`select from messages where box = 'sent' and body like 'Begun%'`)).rowCount,
    ).toBe(0);
  });

  test('the page that comes back sends', async () => {
    const page = await typed({ recipient: '', body: 'Chosen', add: 'bob' });
    const fields = Object.fromEntries(
      page
        .$('form[action="/send"] input')
        .toArray()
        .map((input) => [page.$(input).attr('name')!, page.$(input).attr('value') ?? '']),
    );
    expect((await alice.post('/send', { ...fields, body: 'Chosen' })).status).toBe(303);
    expect(await copiesOf(app.pool, 'Chosen')).toEqual(['alice sent', 'bob inbox, unread']);
  });

  test('Enter in a field sends: the first button of the form has no name', async () => {
    const { $ } = await alice.get('/send');
    const [first] = $('form[action="/send"] button').toArray();
    expect([$(first).attr('name'), $(first).attr('formaction')]).toEqual([undefined, undefined]);
  });

  test('are eight at most, in a datalist of a hundred', async () => {
    await app.pool.query(
      `with made as (insert into users (id, username, password_hash)
         select uuidv7(), 'many-' || n, '' from generate_series(1, 120) n returning id)
       insert into conversations (owner_id, other_id, last_id)
       select (select id from users where username = 'alice'), id, uuidv7() from made`,
    );
    const page = await alice.get('/send');
    expect([buttons(page, 'add').length, page.$('#contacts option').length]).toEqual([8, 100]);
    await app.pool.query(`delete from users where username like 'many-%'`);
  });
});

describe('did you mean', () => {
  const meant = async (recipient: string, person: Person = alice) => {
    const page = await typed({ recipient, body: 'Kept' }, person);
    expect([page.status, page.$('textarea').text(), page.$('#recipient').attr('value')]).toEqual([
      422,
      'Kept',
      recipient,
    ]);
    return buttons(page, 'replace');
  };
  beforeEach(async () => {
    await named(charlie, 'Zoë Müller-Berg');
    await charlie.send('alice', 'Hello');
  });

  test.each([
    ['charlei', ['charlei charlie']],
    ['charly', ['charly charlie']],
    ['harlie', ['harlie charlie']],
    ['chharllie', ['chharllie charlie']],
    ['Zoe', ['zoe charlie']],
    ['müller', ['müller charlie']],
    ['Berg', ['berg charlie']],
    ['mül', ['mül charlie']],
    ['Zoe Müller', ['zoe müller charlie']],
    ['bob, charlei', ['charlei charlie']],
    ['charle, zoe, charlai', ['charle zoe charlai charlie']],
    ['chr', []],
    ['zo', []],
    ['katharin', []],
    ['x'.repeat(500), []],
    ['%', []],
    ['\u{10FFFF}', []],
  ])('%j: %j', async (recipient, expected) => {
    expect(await meant(recipient)).toEqual(expected);
  });

  test('a button puts the person in the place of the wrong names', async () => {
    for (const [recipient, replace, corrected] of [
      ['charlei', 'charlei charlie', 'charlie'],
      ['bob, @Charlei', 'charlei charlie', 'bob, charlie'],
      ['zoe müller bob', 'zoe müller charlie', 'charlie, bob'],
      ['charlie charlei', 'charlei charlie', 'charlie'],
      ['changed meanwhile', 'charlei charlie', 'changed, meanwhile'],
    ] as const) {
      const page = await typed({ recipient, body: 'Kept', replace });
      expect([page.status, page.$('#recipient').attr('value'), page.$('textarea').text()]).toEqual([
        200,
        corrected,
        'Kept',
      ]);
      expect(page.$('.error')).toHaveLength(0);
    }
  });

  test('with no message either, the names are corrected too', async () => {
    const page = await typed({ recipient: 'charlei', body: '' });
    expect(page.$('.error')).toHaveLength(2);
    expect(buttons(page, 'replace')).toEqual(['charlei charlie']);
  });

  /** What a page says about a name, with the name taken out. */
  const said = async (name: string, person: Person = alice) => {
    const page = await typed({ recipient: name, body: 'Kept' }, person);
    return [page.status, withoutTokens(page.$('main').html()!.replaceAll(name, 'NAME'))];
  };
  const blind = (answer: unknown[]) =>
    answer.map((part) =>
      typeof part === 'string' ? part.replaceAll(/(name="(?:key|page|_csrf)" value=")[^"]*/g, '$1') : part,
    );

  test('never names somebody whom the writer does not know', async () => {
    // Near the username of a stranger, and near no username at all: the same answer.
    const [near, far] = [await said('katharine'), await said('qqqqqqqqq')];
    expect(blind(near)).toEqual(blind(far));
    expect(JSON.stringify(near)).not.toContain('katharina');
    await named(stranger, 'Rare Surname');
    expect(await meant('surname')).toEqual([]);
    await stranger.send('alice', 'Now known');
    expect(await meant('katharine')).toEqual(['katharine katharina']);
    expect(await meant('surname')).toEqual(['surname katharina']);
    expect(await meant('katharine', bob)).toEqual([]);
  });

  test('with a list of members it names those who are in it', async () => {
    const there = at(open.url, alice);
    await named(stranger, 'Rare Surname');
    expect(await meant('katharine', there)).toEqual(['katharine katharina']);
    expect(await meant('rare', there)).toEqual(['rare katharina']);
    expect(await meant('matharina', there)).toEqual([]); // by their first two letters
    await stranger.submit('/account/name', { displayName: 'Rare Surname' });
    expect(await meant('katharine', there)).toEqual([]);
    expect(await meant('rare', there)).toEqual([]);
  });

  test('who has left is not named', async () => {
    const gone = await registered(app.url, 'philippa');
    await gone.send('alice', 'Before leaving');
    expect(await meant('philipa')).toEqual(['philipa philippa']);
    await gone.submit('/account/delete', { password: gone.password });
    expect(await meant('philipa')).toEqual([]);
  });
});

test.each([
  ['anna', 'anna', 0],
  ['ana', 'anna', 1],
  ['annna', 'anna', 1],
  ['anan', 'anna', 1],
  ['enna', 'anna', 1],
  ['naan', 'anna', 2],
  ['', 'an', 2],
  ['an', 'annabel', Infinity],
])('from %j to %j: %d', (one, other, distance) => {
  expect([distanceOf(one, other), distanceOf(other, one)]).toEqual([distance, distance]);
});
