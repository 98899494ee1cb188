// Making recovery codes: offered, postponed, shown once, stored as hashes, replaced.
import { afterAll, describe, expect, test } from 'vitest';
import { foldCode } from '../../../src/accounts/recovery/codes.ts';
import { loggedInWith } from '../../support/agents.ts';
import { cast } from '../../support/cast.ts';
import { codesOn, makeCodes } from '../../support/codes.ts';
import { columnsWith } from '../../support/mailboxes.ts';
import { registered, stranger, type Person } from '../../support/person.ts';
import { statementsOf } from '../../support/statements.ts';

const page = '/account/recovery-codes';
const { app, alice, bob } = await cast();
afterAll(() => app.close());

const isOffered = async (person: Person) => (await person.get('/inbox')).$('.offer').length === 1;
const later = (person: Person) => person.submit('/inbox', {}, `${page}/later`);

describe('the offer', () => {
  test('is shown in the inbox after registering and leads to the codes', async () => {
    const { $ } = await bob.get('/inbox');
    expect($('.offer').text()).toContain('A forgotten password cannot be reset by e-mail');
    expect($('.offer a').attr('href')).toBe(page);
    expect((await bob.get('/sent')).$('.offer')).toHaveLength(0);
  });

  test('can be postponed until the next login, until there are codes', async () => {
    const carol = await registered(app.url, 'carol');
    const answer = await later(carol);
    expect([answer.status, answer.get('Location')]).toEqual([303, '/inbox']);
    expect(await isOffered(carol)).toBe(false);
    expect(await isOffered(carol)).toBe(false);

    const again = await loggedInWith(app.url, carol);
    expect(await isOffered(again)).toBe(true);
    const third = await loggedInWith(app.url, carol);
    await makeCodes(again);
    expect(await isOffered(again)).toBe(false);
    expect(await isOffered(third)).toBe(false);
    expect(await isOffered(await loggedInWith(app.url, carol))).toBe(false);
  });

  test('is shown again when all codes are used', async () => {
    const dora = await registered(app.url, 'dora');
    await makeCodes(dora);
    await app.pool.query(`update recovery_codes set hashes = '{}'`);
    expect(await isOffered(await loggedInWith(app.url, dora))).toBe(true);
  });

  test('costs no statement per page and one per login', async () => {
    const emil = await registered(app.url, 'emil');
    const about = (texts: string[]) => texts.filter((text) => text.includes('recovery_codes'));
    expect(about(await statementsOf(app.appPool, () => emil.get('/inbox')))).toEqual([]);
    expect(about(await statementsOf(app.appPool, () => loggedInWith(app.url, emil)))).toHaveLength(1);
  });
});

describe('the codes', () => {
  test('are shown once, and only counted afterwards', async () => {
    expect((await alice.get(page)).$('.lead').text()).toBe('You have no codes yet.');
    const made = await alice.submit(page);
    expect(made.status).toBe(200);
    expect(made.get('Cache-Control')).toBe('no-store');
    const codes = codesOn(made);
    expect(new Set(codes).size).toBe(10);
    for (const path of [page, '/account', '/inbox'])
      for (const code of codes) expect((await alice.get(path)).text).not.toContain(code);
    const lead = (await alice.get(page)).$('.lead').text().replaceAll(/\s+/g, ' ');
    expect(lead).toBe('10 codes are left of those that you made just now.');
    expect((await alice.get('/account')).$('dl').text()).toContain('10 left');
  });

  test('replace earlier ones', async () => {
    const kim = await registered(app.url, 'kim');
    const first = await makeCodes(kim);
    const second = await makeCodes(kim);
    expect(first.filter((code) => second.includes(code))).toEqual([]);
    const tryCode = (code: string) => stranger(app.url).submit('/login/recovery', { username: 'kim', code });
    for (const code of first) expect((await tryCode(code)).status).toBe(422);
    expect((await tryCode(second[0]!)).status).toBe(303);
  });

  test('are not stored in the database in any readable form', async () => {
    const frieda = await registered(app.url, 'frieda');
    for (const code of await makeCodes(frieda)) {
      const plain = foldCode(code);
      for (const form of [code, plain, code.toLowerCase(), plain.toLowerCase(), code.replaceAll('-', ' ')])
        expect(await columnsWith(app.pool, form)).toEqual([]);
    }
    // The search finds what is there.
    expect(await columnsWith(app.pool, 'frieda')).toEqual(['users.username']);
  });

  test('are offered as a text file too, from the page that shows them', async () => {
    const gustav = await registered(app.url, 'gustav');
    const made = await gustav.submit(page);
    const codes = codesOn(made);
    const form = made.$(`form[action="${page}/file"]`);
    const fields = Object.fromEntries(
      form.find('input').toArray().map((input) => [made.$(input).attr('name')!, made.$(input).attr('value')!]), // prettier-ignore
    );
    const file = await gustav.post(`${page}/file`, fields);
    expect([file.status, file.get('Content-Type'), file.get('Content-Disposition')]).toEqual([
      200,
      'text/plain; charset=utf-8',
      'attachment; filename=recovery-codes.txt',
    ]);
    expect(file.get('Cache-Control')).toBe('no-store');
    expect(file.text).toContain(`Recovery codes of gustav at ${new URL(app.url).host}`);
    expect(file.text.match(/^[0-9A-Z]{4}(-[0-9A-Z]{4}){6}(?=\r$)/gm)).toEqual(codes);
  });

  test("are in a file that contains only the user's own", async () => {
    const { _csrf } = await alice.hidden('/account', '/logout');
    const code = '7K2M-Q9XR-04TB-WH8Z-5N3C-V1DJ-E6PY';
    const ten = Array<string>(10).fill(code).join(' ');
    const post = (fields: Record<string, string>) => alice.post(`${page}/file`, { _csrf: _csrf!, ...fields });
    expect((await post({ codes: ten })).status).toBe(200);
    for (const codes of ['', code, `${ten} ${code}`, ten.replace('7', 'I'), `${ten} Call me`, `${ten}\n`])
      expect((await post({ codes })).status).toBe(422);
    expect((await post({})).status).toBe(422);
  });

  test('are one set of ten after two concurrent requests for new ones', async () => {
    const hanna = await registered(app.url, 'hanna');
    await Promise.all([makeCodes(hanna), makeCodes(hanna), makeCodes(hanna)]);
    expect((await hanna.get('/account')).$('dl').text()).toContain('10 left');
  });
});

describe('access', () => {
  test('requires a recently confirmed password, and nothing is made before', async () => {
    const ines = await registered(app.url, 'ines');
    const fields = await ines.hidden(page);
    await app.pool.query(
      `update sessions set sess = sess || '{"confirmedAt": 0}' where user_id = (select id from users
        where username = 'ines')`,
    );
    const door = `/account/confirm?next=${encodeURIComponent(page)}`;
    expect((await ines.get(page)).get('Location')).toBe(door);
    expect((await ines.post(page, fields)).get('Location')).toBe(door);
    const back = await ines.submit(door, { password: ines.password });
    expect(back.get('Location')).toBe(page);
    expect((await ines.get(page)).$('.lead').text()).toBe('You have no codes yet.');
  });

  test.each([page, `${page}/file`, `${page}/later`])(
    '%s is refused to signed-out users and forged forms',
    async (path) => {
      const { _csrf } = await (await registered(app.url, `jan${path.length}`)).hidden('/account', '/logout');
      expect((await stranger(app.url).post(path)).get('Location')).toBe('/login');
      expect((await alice.post(path)).status).toBe(403);
      expect((await alice.post(path, { _csrf: _csrf! })).status).toBe(403);
      expect((await alice.ask('put', path)).status).toBe(405);
      if (path !== page) expect((await alice.get(path)).status).toBe(405);
    },
  );
});
