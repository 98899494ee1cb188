// Passkeys in a real browser with a virtual authenticator.
import type { Browser, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { launchBrowser, openPage, register } from '../support/browser.ts';
import { freePort } from '../support/program.ts';
import { available } from '../support/required.ts';

interface Authenticator {
  /** As it is from now on: whether the finger is the right one. */
  recognises(isRight: boolean): Promise<void>;
  /** How many passkeys it holds. */
  held(): Promise<number>;
}

describe.skipIf(!available('chromium'))('passkeys in a browser', () => {
  let app: TestApp;
  let browser: Browser;
  let site: string;
  beforeAll(async () => {
    const port = String(await freePort());
    site = `http://localhost:${port}`;
    app = await startApp({ PORT: port });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  /** What a telephone has; a security key of the old kind keeps no names and knows no PIN. */
  async function addAuthenticator(tab: Page, isOld = false): Promise<Authenticator> {
    const client: CDPSession = await tab.context().newCDPSession(tab);
    await client.send('WebAuthn.enable');
    const { authenticatorId } = await client.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: isOld ? 'u2f' : 'ctap2',
        transport: isOld ? 'usb' : 'internal',
        hasResidentKey: !isOld,
        hasUserVerification: !isOld,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    return {
      recognises: async (isUserVerified) => {
        await client.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
      },
      held: async () =>
        (await client.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length,
    };
  }

  const open = () => openPage(browser, site);
  const login = (tab: Page) => tab.getByRole('button', { name: 'Login' });
  const use = (tab: Page) => tab.getByRole('button', { name: 'Use a passkey' });

  async function addPasskey(tab: Page, name: string): Promise<void> {
    await tab.goto('/account/passkeys');
    await tab.getByLabel('Name of a new passkey').fill(name);
    await tab.getByRole('button', { name: 'Add a passkey' }).click();
    await tab
      .getByRole('status')
      .filter({ hasText: `“${name}”.` })
      .waitFor();
  }
  async function logout(tab: Page): Promise<void> {
    await tab.getByRole('button', { name: 'Logout' }).click();
    await tab.waitForURL(`${site}/`);
  }

  test('are made, used to log in without username and password, and removed', async () => {
    const tab = await open();
    const authenticator = await addAuthenticator(tab);
    await register(tab, 'alice');
    await tab.goto('/account/passkeys');
    expect(await tab.getByText('Passkeys need JavaScript').count()).toBe(0);
    expect(await tab.getByLabel('Name of a new passkey').inputValue()).toBe('Chrome on Linux');
    await addPasskey(tab, 'Alice’s telephone');
    expect(await authenticator.held()).toBe(1);

    await logout(tab);
    await tab.goto('/login?next=/sent');
    await use(tab).click();
    await tab.waitForURL('**/sent');
    expect(await tab.locator('.me .name').innerText()).toContain('alice');

    await tab.goto('/account/passkeys');
    expect(await tab.locator('.rows li').innerText()).toContain('last used just now');
    await tab.getByRole('button', { name: 'Remove Alice’s telephone' }).click();
    await tab.getByText('This passkey can no longer be used to log in.').waitFor();
    await logout(tab);
    await tab.goto('/login');
    await use(tab).click();
    await tab.getByText('This passkey was not accepted').waitFor();
  });

  test('a device that holds one already does not get another, and says so', async () => {
    const tab = await open();
    const authenticator = await addAuthenticator(tab);
    await register(tab, 'anna');
    await addPasskey(tab, 'Telephone');
    await tab.getByLabel('Name of a new passkey').fill('The same');
    await tab.getByRole('button', { name: 'Add a passkey' }).click();
    await tab.getByText('This device already has a passkey for your account.').waitFor();
    expect(await authenticator.held()).toBe(1);
    expect(await tab.getByLabel('Name of a new passkey').inputValue()).toBe('The same');
  });

  test('a failed verification signs nobody in, and the next attempt works', async () => {
    const tab = await open();
    const authenticator = await addAuthenticator(tab);
    await register(tab, 'bertha');
    await addPasskey(tab, 'Telephone');
    await logout(tab);
    await tab.goto('/login');
    await authenticator.recognises(false);
    await use(tab).click();
    await tab
      .locator('[data-passkey-says]', { hasText: /./ })
      .or(tab.getByText('was not accepted'))
      .waitFor();
    expect(await login(tab).isVisible()).toBe(true);
    await authenticator.recognises(true);
    await use(tab).click();
    await tab.waitForURL('**/inbox');
  });

  test('work after the password, by keyboard alone, with a security key without a PIN', async () => {
    const tab = await open();
    await addAuthenticator(tab, true);
    await register(tab, 'carla');
    await addPasskey(tab, 'Key ring');
    await tab.goto('/account/second-factor');
    await tab.getByRole('button', { name: 'Require a passkey' }).click();
    await tab.getByText('From now on, login asks for a passkey after your password.').waitFor();
    await logout(tab);
    await tab.goto('/login');
    await tab.getByLabel('Username').fill('carla');
    await tab.getByLabel('Password').fill('a long enough password');
    await tab.keyboard.press('Enter'); // the passkey button is on this page too
    await tab.waitForURL('**/login/second');
    await use(tab).focus();
    await tab.keyboard.press('Enter');
    await tab.waitForURL('**/inbox');
  });

  test('are not offered at another address or without JavaScript; everything else works', async () => {
    for (const [name, address, options] of [
      ['dora', app.url, {}],
      ['emma', site, { javaScriptEnabled: false }],
    ] as const) {
      const tab = await openPage(browser, address, options);
      await register(tab, name);
      await tab.goto('/account/passkeys');
      await tab.getByText('Passkeys need JavaScript').waitFor();
      expect(await tab.getByRole('button', { name: 'Add a passkey' }).isVisible()).toBe(false);
      await tab.getByRole('button', { name: 'Logout' }).click();
      await tab.goto('/login');
      await login(tab).waitFor();
      expect(await use(tab).isVisible()).toBe(false);
    }
  });
});
