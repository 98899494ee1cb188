// The list of all pages, for tests that check each of them; a new page is added here.
import type { Page } from 'playwright-core';
import type { Pool } from '../../src/database/pool.ts';
import { emptyReport } from '../../src/transfers/imports/import-report.ts';
import { ageConfirmation, makeAdmin } from '../support/admin.ts';
import type { TestApp } from '../support/app.ts';
import { beginLogin, withCodes } from '../support/authenticator.ts';
import { giveCookies } from '../support/browser.ts';
import { registered, type Answer, type Person } from '../support/person.ts';
import { invitationPath, keepKnownLinks, resetPath } from './known-links.ts';

export interface PageCase {
  name: string;
  isPublic: boolean;
  /** On a site where registering takes an invitation. */
  isByInvitation?: boolean;
  /** On a site where an administrator approves registrations. */
  isByApproval?: boolean;
  /** Its HTML, as a browser without JavaScript gets it. */
  open(person: Person): Promise<Answer>;
  /** The same page in a browser tab. */
  show(tab: Page): Promise<unknown>;
}

function page(name: string, path: string, isPublic = false): PageCase {
  return { name, isPublic, open: (person) => person.get(path), show: (tab) => tab.goto(path) };
}

/** The page that the first row of a list leads to; perhaps another user's. */
function opened(name: string, list: string, owner?: () => Person): PageCase {
  return {
    name,
    isPublic: owner !== undefined,
    open: async (visitor) => {
      const person = owner?.() ?? visitor;
      return person.get((await person.get(list)).$('.messages h2 a').attr('href')!);
    },
    show: async (tab) => {
      if (owner) await giveCookies(tab, owner(), site);
      await tab.goto(list);
      await tab.goto((await tab.locator('.messages h2 a').first().getAttribute('href'))!);
    },
  };
}

/** The page that asks before what cannot be undone, where no script asks. */
function questionBefore(button: string, list: string, end: string): PageCase {
  const addressOf = async (person: Person) =>
    (await person.get(list)).$(`[formaction$="${end}"]`).first().attr('formaction')!;
  return {
    name: `the question before “${button}”`,
    isPublic: false,
    open: async (person) => person.post(await addressOf(person), await person.hidden(list, '/logout')),
    show: async (tab) => {
      await tab.goto(list);
      await tab.evaluate((ending) => {
        const pressed = document.querySelector<HTMLButtonElement>(`[formaction$="${ending}"]`)!;
        pressed.removeAttribute('data-confirm');
        pressed.click();
      }, end);
      await tab.locator('#confirm').waitFor();
    },
  };
}

/** A page that answers a form: filled in wrongly on purpose. */
function afterForm(
  name: string,
  path: string,
  fields: Record<string, string>,
  button: string,
  isPublic = false,
): PageCase {
  return {
    name,
    isPublic,
    open: (person) => person.submit(path, fields),
    show: async (tab) => {
      await tab.goto(path);
      await tab
        .locator('main form')
        .evaluateAll((forms: HTMLFormElement[]) => forms.forEach((form) => (form.noValidate = true)));
      for (const [field, value] of Object.entries(fields)) await tab.locator(`[name="${field}"]`).fill(value);
      await tab.getByRole('main').getByRole('button', { name: button, exact: true }).click();
      await tab.locator('.error').first().waitFor();
    },
  };
}

/** The only time that a new invitation's link is shown. */
function madeInvitation(): PageCase {
  const path = '/account/invitations';
  return {
    name: 'Invitations with a new one',
    isPublic: false,
    open: async (person) => {
      await withdrawOne(person);
      await person.submit(path);
      return person.get(path);
    },
    show: async (tab) => {
      await tab.goto(path);
      await tab.getByRole('button', { name: 'Withdraw' }).first().click();
      await tab.getByRole('button', { name: 'Make an invitation' }).click();
      await tab.getByLabel('The link of the new invitation').waitFor();
    },
  };
}

async function withdrawOne(person: Person): Promise<void> {
  const { $ } = await person.get('/account/invitations');
  await person.submit('/account/invitations', {}, $('form[action$="/withdraw"]').first().attr('action'));
}

function byInvitation(given: PageCase): PageCase {
  return { ...given, isByInvitation: true };
}

function byApproval(given: PageCase): PageCase {
  return { ...given, isByApproval: true };
}

/** What the second step of a login asks for. */
interface SecondCode {
  path: string;
  field: string;
  label: string;
}
const appCode: SecondCode = { path: '/login/second', field: 'code', label: 'Code from your app' };
const recoveryCode: SecondCode = {
  path: '/login/second/recovery',
  field: 'recovery',
  label: 'Recovery code',
};

export const pages: PageCase[] = [
  page('the front page', '/', true),
  page('Register', '/register', true),
  page('Login', '/login', true),
  page('a page that does not exist', '/nothing-here', true),
  afterForm('Register with errors', '/register', { username: 'a b', password: 'short' }, 'Register', true),
  afterForm(
    'Login with errors',
    '/login',
    { username: 'alice', password: 'not the password' },
    'Login',
    true,
  ),
  page('a link that sets a password', resetPath, true),
  afterForm(
    'a link that sets a password, with errors',
    resetPath,
    { password: 'x' },
    'Set the password',
    true,
  ),
  page('a link that does not work', '/reset/x', true),
  byApproval(page('the front page where an administrator decides', '/', true)),
  byApproval(page('Register where an administrator decides', '/register', true)),
  byApproval(
    afterForm(
      'Register where an administrator decides, with errors',
      '/register',
      { username: 'dora', password: 'seven tall cranes', line: ' ' },
      'Register',
      true,
    ),
  ),
  byInvitation(page('the front page where one is invited', '/', true)),
  byInvitation(page('Register without an invitation', '/register', true)),
  byInvitation(page('Register with an invitation', invitationPath, true)),
  byInvitation(page('Register with an invitation that does not work', '/register?invitation=x', true)),
  byInvitation(page('the account of somebody who may invite', '/account')),
  byInvitation(page('Invitations', '/account/invitations')),
  byInvitation(madeInvitation()),
  page('Recovery', '/login/recovery', true),
  afterForm(
    'Recovery with errors',
    '/login/recovery',
    { username: 'alice', code: '0000-0000-0000-0000' },
    'Login',
    true,
  ),
  page('the inbox', '/inbox'),
  page('an empty older page', '/inbox?before=00000000-0000-7000-8000-000000000000'),
  page('Sent', '/sent'),
  page('Drafts', '/drafts'),
  page('Trash', '/trash'),
  page('Empty the trash', '/trash/empty'),
  questionBefore('Delete permanently', '/trash', '/delete'),
  questionBefore('Take back', '/sent', '/unsend'),
  page('Search, empty', '/search'),
  page('Search with matches', '/search?q=hello'),
  page('Search without matches', '/search?q=nowhere-to-be-found'),
  page('People', '/people'),
  page('People, found', '/people?q=barth'),
  page('People, not found', '/people?q=nobody'),
  page('the account', '/account'),
  page('Help', '/help'),
  page('Your name', '/account/name'),
  afterForm('Your name with errors', '/account/name', { displayName: 'Administrator' }, 'Save'),
  page('Change the password', '/account/password'),
  page('The password again', '/account/confirm'),
  page('Devices', '/account/devices'),
  page('Recovery codes', '/account/recovery-codes'),
  {
    name: 'Your recovery codes',
    isPublic: false,
    open: (person) => person.submit('/account/recovery-codes'),
    show: async (tab) => {
      await tab.goto('/account/recovery-codes');
      await tab.getByRole('button', { name: /^Make ten/ }).click();
      await tab.locator('.codes').waitFor();
    },
  },
  page('Time zone', '/account/time-zone'),
  page('Start page', '/account/start-page'),
  page('Export', '/account/export'),
  page('Import', '/account/import'),
  afterForm('Import with errors', '/account/import', { addresses: 'nobody' }, 'Import'),
  pageOf('Import, running', '/account/import', () => importing),
  pageOf('Import, ended', '/account/import', () => hasImported),
  pageOf('Export, the next file', '/account/export', () => hasImported),
  page('Delete your account', '/account/delete'),
  afterForm(
    'Delete your account with errors',
    '/account/delete',
    { password: 'not the password' },
    'Delete my account permanently',
  ),
  page('Passkeys', '/account/passkeys'),
  {
    name: 'Passkeys with errors',
    isPublic: false,
    open: (person) => person.submit('/account/passkeys', { name: 'Telephone' }),
    show: async (tab) => {
      await tab.goto('/account/passkeys');
      // At this address the site offers none: the button sends the form as it is.
      await tab.locator('[data-passkey]').evaluate((button: HTMLButtonElement) => (button.hidden = false));
      await tab.getByRole('button', { name: 'Add a passkey' }).click();
      await tab.locator('.error').first().waitFor();
    },
  },
  page('Second factor, off', '/account/second-factor'),
  pageOfTwoSteps('Second factor, on', '/account/second-factor'),
  pageOfTwoSteps('Turn the codes off', '/account/second-factor/off'),
  setUpOf('Set up the second factor'),
  setUpOf('Set up the second factor with errors', '12'),
  secondStep('Two-factor login', appCode),
  secondStep('Two-factor login with errors', appCode, '12'),
  secondStep('Two-factor login with a recovery code', recoveryCode),
  secondStep('Two-factor login with a recovery code, with errors', recoveryCode, 'AAAA'),
  page('Delete older messages', '/inbox/older'),
  page('Delete older messages, counted', '/inbox/older?than=2099-01-01'),
  page('the conversation', '/with/bartholomew_fitzgerald_longdon'),
  page('the list of conversations', '/conversations'),
  page('an empty conversation', '/with/alice'),
  opened('a received message', '/inbox'),
  opened('a sent message', '/sent'),
  opened('a message in the trash', '/trash'),
  opened('a draft', '/drafts'),
  page('Send Message', '/send'),
  afterForm(
    'Send Message with a name to correct',
    '/send',
    { recipient: 'bartholomew_fitzgerald_longden', body: 'Hello' },
    'Send',
  ),
  afterForm('Send Message with errors', '/send', { recipient: 'nobody-here', body: '' }, 'Send'),
  page('a missing page for somebody signed in', '/nothing-here'),
  pageOf('the inbox with requests', '/inbox', () => choosy),
  pageOf('Requests', '/requests', () => choosy),
  page('Requests, none', '/requests'),
  opened('a request', '/requests', () => choosy),
  pageOf('Blocked', '/blocked', () => choosy),
  page('Blocked, none', '/blocked'),
  opened('a blocked message', '/blocked', () => choosy),
  pageOf('the conversation with somebody blocked', '/with/two_steps', () => choosy),
  pageOf('the conversation with somebody who asks', '/with/bartholomew_fitzgerald_longdon', () => choosy),
  page('Blocked people, none', '/account/blocked'),
  pageOf('Blocked people', '/account/blocked', () => choosy),
  afterForm('Blocked people with errors', '/account/blocked', { username: 'nobody-here' }, 'Block'),
  page('Who can write to you', '/account/first-contact'),
  ...administration(),
  ...reporting(),
];

/** A user in two-factor login. */
let twoSteps: Person;
let site: string;

/** Somebody whose import is running, and somebody whose import has ended and whose export has a further file. */
let importing: Person;
let hasImported: Person;

/** Somebody who blocks, and whom strangers must ask. */
let choosy: Person;

/** One who has just logged in, and one who has to confirm that again. */
let admin: Person;
let unconfirmed: Person;
let database: Pool;

function administration(): PageCase[] {
  const longName = '/admin/people/bartholomew_fitzgerald_longdon';
  const lists = ['/people', '/people?q=barth', '/people?q=nobody-here', '/registrations', '/announcements'];
  const addresses = ['', ...lists, '/site', '/invitations', '/health'].map((end) => `/admin${end}`);
  return [
    ...[...addresses, longName, `${longName}/delete`].map((path) => pageOf(path, path, () => admin)),
    preview(),
    pageOf('/admin, after a while', '/admin', () => unconfirmed),
    alone(pageOf('Delete your account, of the last administrator', '/account/delete', () => admin)),
  ];
}

let reporter: Person;
/** Addresses: of a message that is reported and one that is not, of an open report and a closed one. */
const reports = { message: '', reported: '', open: '', closed: '' };

function reporting(): PageCase[] {
  const form = pageOf(
    'Report a message',
    () => reports.message,
    () => reporter,
  );
  const admins = pageOf(
    'a report',
    () => reports.open,
    () => admin,
  );
  return [
    form,
    typedWrong(form, () => reporter, 'In your own words', 'Report', { words: 'x'.repeat(10_001) }),
    pageOf(
      'Report a message again',
      () => reports.reported,
      () => reporter,
    ),
    pageOf('Your reports', '/account/reports', () => reporter),
    page('Your reports, none', '/account/reports'),
    pageOf('/admin/reports', '/admin/reports', () => admin),
    pageOf('/admin/reports, closed', '/admin/reports?state=closed', () => admin),
    admins,
    typedWrong(admins, () => admin, 'Answer to the reporter', 'Close the report', {
      answer: 'x'.repeat(10_001),
    }),
    pageOf(
      'a closed report',
      () => reports.closed,
      () => admin,
    ),
  ];
}

/** The same page, after its form was refused because of this one field. */
function typedWrong(
  shown: PageCase,
  who: () => Person,
  label: string,
  button: string,
  typed: Record<string, string>,
): PageCase {
  return {
    ...shown,
    name: `${shown.name}, with errors`,
    open: async (person) => {
      const { $, request } = await shown.open(person);
      const path = new URL(request.url).pathname;
      const action = $('form.sheet').attr('action')!;
      return who().submit(path, { outcome: 'nothing', ...typed }, action);
    },
    show: async (tab) => {
      await shown.show(tab);
      await tab
        .getByLabel(label)
        .evaluate((field: HTMLTextAreaElement, text) => (field.value = text), Object.values(typed)[0]);
      await tab.getByRole('main').getByRole('button', { name: button, exact: true }).click();
      await tab.locator('.error').first().waitFor();
    },
  };
}

async function fillReports(app: TestApp, writer: Person): Promise<void> {
  reporter = await registered(app.url, 'somebody_who_reports_messages');
  const texts = ['<b>x</b> '.repeat(80), 'x'.repeat(300), 'مرحبًا'.repeat(30), 'Short'];
  for (const text of texts) await writer.send(reporter.username, text);
  const { $ } = await reporter.get('/inbox');
  const [message, ...others] = $('.messages h2 a')
    .toArray()
    .map((link) => `${$(link).attr('href')}/report`);
  for (const path of others) await reporter.submit(path, { words: `My words ${'y'.repeat(200)}` });
  const listed = await admin.get('/admin/reports');
  const [open, closed] = listed
    .$('.rows a')
    .toArray()
    .map((link) => listed.$(link).attr('href')!);
  await admin.submit(
    closed!,
    { outcome: 'warned', warning: 'Be kind', answer: 'z'.repeat(200) },
    `${closed}/close`,
  );
  Object.assign(reports, { message, reported: others[0], open, closed });
}

/** While there is no other administrator. */
function alone(there: PageCase): PageCase {
  const whileAlone = async <T>(work: () => Promise<T>): Promise<T> => {
    const setOther = (sql: string) =>
      database.query(`update users set disabled_at = ${sql} where username = 'also_in_charge'`);
    await setOther('now()');
    return work().finally(() => setOther('null'));
  };
  return {
    ...there,
    open: (person) => whileAlone(() => there.open(person)),
    show: (tab) => whileAlone(() => there.show(tab)),
  };
}

function preview(): PageCase {
  const path = '/admin/announcements';
  const body = `Back at noon.\n\n${'x'.repeat(300)} https://example.org/a`;
  return {
    name: 'the preview of an announcement',
    isPublic: true,
    open: async () => admin.post(path, { ...(await admin.hidden(path)), body }),
    show: async (tab) => {
      await giveCookies(tab, admin, site);
      await tab.goto(path);
      await tab.getByLabel('To all members').fill(body);
      await tab.getByRole('button', { name: 'Preview' }).click();
      await tab.locator('#confirm').waitFor();
    },
  };
}

async function fillAdministration(app: TestApp): Promise<void> {
  database = app.pool;
  [admin, unconfirmed] = [
    await registered(app.url, 'in_charge'),
    await registered(app.url, 'also_in_charge'),
  ];
  await withCodes(unconfirmed);
  for (const person of [admin, unconfirmed]) await makeAdmin(app, person);
  await ageConfirmation(app, unconfirmed, 16);
  await app.pool.query(
    `insert into registrations (id, username, password_hash, line, name_hash)
     select uuidv7(), 'waiting-' || n, '', repeat('Xx ', n * 12), '' from generate_series(1, 13) n`,
  );
  await app.pool.query(
    `insert into announcements (id, body, sent_to, done_at)
     select uuidv7(), repeat('x', n * 100), n, case when n > 1 then now() end from generate_series(1, 26) n`,
  );
}

function pageOfTwoSteps(name: string, path: string): PageCase {
  return pageOf(name, path, () => twoSteps);
}

/** A page about another user, who is known when it is opened. */
function pageOf(name: string, path: string | (() => string), owner: () => Person): PageCase {
  const pathNow = () => (typeof path === 'string' ? path : path());
  return {
    name,
    isPublic: true,
    open: () => owner().get(pathNow()),
    show: async (tab) => {
      await giveCookies(tab, owner(), site);
      await tab.goto(pathNow());
    },
  };
}

async function fillTransfers(app: TestApp): Promise<void> {
  [importing, hasImported] = [await registered(app.url, 'importing'), await registered(app.url, 'imported')];
  const report = { ...emptyReport(), files: { count: 2, examples: ['x'.repeat(120), 'مرحبًا.txt'] } };
  const result = JSON.stringify({ outcome: 'imported', total: 1234, added: 1000, report });
  await app.pool.query(
    `insert into imports (user_id, job, sid, epoch, phase, bytes_total, messages_written, messages_total, own_addresses,
                          beat_at, ended_at, result)
     select id, gen_random_uuid(), '', epoch, 'writing', 321000000, 1000, 1234, '', 'infinity',
            case username when 'imported' then now() end, case username when 'imported' then $1::json end
     from users where username in ('importing', 'imported')`,
    [result],
  );
  await app.pool.query(
    `insert into exports (user_id, run, total, part, after_id, beat_at)
     select id, gen_random_uuid(), 10, 2, '019b7cbd-88ee-7000-8000-000000000001', '-infinity'
     from users where username = 'imported'`,
  );
}

async function fillTrays(app: TestApp, asking: Person): Promise<void> {
  choosy = await registered(app.url, 'choosy');
  await choosy.submit('/account/first-contact', { firstContact: 'requests' });
  await choosy.submit('/account/blocked', { username: twoSteps.username });
  for (const person of [asking, importing, twoSteps])
    for (const body of ['x'.repeat(300), 'Look at https://example.org/a?b=c'])
      await person.send(choosy.username, body);
}

function setUpOf(name: string, code?: string): PageCase {
  const path = '/account/second-factor/set-up';
  return {
    name,
    isPublic: false,
    open: async (person) => {
      await person.submit('/account/second-factor');
      return code ? person.submit(path, { code }) : person.get(path);
    },
    show: async (tab) => {
      await tab.goto('/account/second-factor');
      await tab.getByRole('button', { name: 'Set it up' }).click();
      if (code) await typeWrong(tab, 'Code from your app', code, 'Turn it on');
    },
  };
}

function secondStep(name: string, { path, field, label }: SecondCode, code?: string): PageCase {
  const login = { username: 'two_steps', password: 'a long enough password' };
  return {
    name,
    isPublic: true,
    open: async (person) => {
      await beginLogin({ ...person, ...login });
      return code ? person.submit(path, { [field]: code }) : person.get(path);
    },
    show: async (tab) => {
      await tab.goto('/login');
      await tab.getByLabel('Username').fill(login.username);
      await tab.getByLabel('Password').fill(login.password);
      await tab.getByRole('button', { name: 'Login' }).click();
      await tab.waitForURL(`**${appCode.path}`);
      if (path === recoveryCode.path) await tab.getByRole('link', { name: 'Use a recovery code' }).click();
      await tab.waitForURL(`**${path}`);
      if (code) await typeWrong(tab, label, code, 'Login');
    },
  };
}

async function typeWrong(tab: Page, label: string, code: string, button: string): Promise<void> {
  await tab.getByLabel(label).fill(code);
  await tab.getByRole('button', { name: button }).click();
  await tab.locator('.error').first().waitFor();
}

/** Messages of every kind that is hard to lay out, more than a page of them. */
export async function fillMailbox(app: TestApp, owner: Person): Promise<void> {
  await keepKnownLinks(app, owner);
  const writer = await registered(app.url, 'bartholomew_fitzgerald_longdon');
  site = app.url;
  twoSteps = await registered(app.url, 'two_steps');
  await withCodes(twoSteps);
  await fillTransfers(app);
  await fillAdministration(app);
  await fillTrays(app, writer);
  await fillReports(app, writer);
  const texts = [
    'Hello',
    'x'.repeat(300),
    'مرحبًا أليس، هل يمكننا تغيير موعد درس الموسيقى؟',
    '🎉'.repeat(60),
    'a\n\n\nb\tc',
    '<b>not bold</b> & "quoted"',
  ];
  for (let count = 0; count < 29; count++) await writer.send(owner.username, texts[count % texts.length]!);
  await owner.send(writer.username, 'An answer with https://example.org/a?b=c in it');
  await owner.send(writer.username, 'Another');
  await owner.post('/drafts', { ...(await owner.hidden('/send')), recipient: 'somebody', body: 'Begun' });
  for (const list of ['/inbox', '/sent']) {
    const { $ } = await owner.get(list);
    await owner.submit(list, {}, $('[formaction$="/delete"]').first().attr('formaction'));
  }
}
