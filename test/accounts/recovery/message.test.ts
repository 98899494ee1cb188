// A message written when the session ended is preserved through a login with a recovery code.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cast } from '../../support/cast.ts';
import { makeCodes } from '../../support/codes.ts';
import { awkwardText, filledIn } from '../../support/forms.ts';
import { registered, type Answer, type Fields } from '../../support/person.ts';

let codes: string[];
const { app, alice } = await cast();
beforeAll(async () => {
  codes = await makeCodes(alice);
});
afterAll(() => app.close());

/** Signs alice out while she writes, lets her press Send and then “I forgot my password”. */
async function forgotten(): Promise<{ page: Answer; key: string }> {
  const form: Fields = { ...(await alice.hidden('/send')), recipient: 'bob', body: awkwardText };
  await alice.submit('/inbox', {}, '/logout');
  const login = await alice.post('/send', form);
  expect(login.$('button[formaction="/login/recovery"]').attr('formnovalidate')).toBeDefined();
  const page = await alice.post('/login/recovery', { ...filledIn(login, '/login'), password: '' });
  expect([page.status, page.$('.error').length]).toEqual([200, 0]);
  expect(page.$('input[name=username]').attr('value')).toBe('alice');
  return { page, key: form.key! };
}

test('it is preserved through a wrong code and the new password, and is a draft then', async () => {
  const { page, key } = await forgotten();
  const again = await alice.post('/login/recovery', { ...filledIn(page, '/login/recovery'), code: 'wrong' });
  expect([again.status, again.$('textarea[name=message_body]').text()]).toEqual([422, awkwardText]);
  const [code] = codes;
  const back = await alice.post('/login/recovery', { ...filledIn(again, '/login/recovery'), code: code! });
  expect(back.get('Location')).toBe(`/account/password?next=%2Fsend%3Fdraft%3D${key}`);
  const goOn = (await alice.submit(back.get('Location')!, { password: 'a new one for alice' })).get(
    'Location',
  )!;
  alice.password = 'a new one for alice';
  const draft = await alice.get(goOn);
  expect(draft.$('textarea[name=body]').text()).toBe(awkwardText);
  expect(draft.$('input[name=recipient]').attr('value')).toBe('bob');
});

test('it is preserved on the way back to the login page', async () => {
  const { page } = await forgotten();
  expect(page.$('button[formaction="/login"]')).toHaveLength(1);
  const login = await alice.post('/login', filledIn(page, '/login/recovery'));
  expect([login.status, login.$('h1').text()]).toEqual([422, 'Login']);
  const { password } = alice;
  const back = await alice.post('/login', { ...filledIn(login, '/login'), password });
  expect((await alice.get(back.get('Location')!)).$('textarea[name=body]').text()).toBe(awkwardText);
});

test('another user who logs in on that page does not see it', async () => {
  const { page } = await forgotten();
  const carol = await registered(app.url, 'carol');
  const [code] = await makeCodes(carol);
  const fields = { ...filledIn(page, '/login/recovery'), username: 'carol', code: code! };
  const back = await alice.post('/login/recovery', fields);
  expect(back.get('Location')).toBe('/account/password');
  expect((await alice.get('/drafts')).text).not.toContain('Quoted');
});
