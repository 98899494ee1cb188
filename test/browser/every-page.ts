// The list of all pages, for the tests that look at each of them; a new page is added here.
import type { Page } from 'playwright-core';
import type { TestApp } from '../support/app.ts';
import { registered, type Answer, type Person } from '../support/person.ts';

interface PageCase {
  name: string;
  isPublic: boolean;
  /** Its HTML, as a browser without JavaScript gets it. */
  open(person: Person): Promise<Answer>;
  /** The same page in a browser tab. */
  show(tab: Page): Promise<unknown>;
}

function page(name: string, path: string, isPublic = false): PageCase {
  return { name, isPublic, open: (person) => person.get(path), show: (tab) => tab.goto(path) };
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
        .first()
        .evaluate((form: HTMLFormElement) => (form.noValidate = true));
      for (const [field, value] of Object.entries(fields)) await tab.locator(`[name="${field}"]`).fill(value);
      await tab.getByRole('main').getByRole('button', { name: button, exact: true }).click();
      await tab.locator('.error').first().waitFor();
    },
  };
}

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
  page('the inbox', '/inbox'),
  page('an empty older page', '/inbox?before=00000000-0000-7000-8000-000000000000'),
  page('Send Message', '/send'),
  afterForm('Send Message with errors', '/send', { recipient: 'nobody-here', body: '' }, 'Send'),
  page('a missing page for somebody signed in', '/nothing-here'),
];

/** Letters of every kind that is hard to lay out, more than a page of them. */
export async function fillMailbox(app: TestApp, owner: Person): Promise<void> {
  const writer = await registered(app.url, 'bartholomew_fitzgerald_longdon');
  const texts = [
    'Hello',
    'x'.repeat(300),
    'مرحبًا أليس، هل يمكننا تغيير موعد درس الموسيقى؟',
    '🎉'.repeat(60),
    'a\n\n\nb\tc',
    '<b>not bold</b> & "quoted"',
  ];
  for (let count = 0; count < 27; count++) await writer.send(owner.username, texts[count % texts.length]!);
}
