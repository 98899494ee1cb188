// Copy and Share for the link of a new invitation.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cast } from '../support/cast.ts';
import { launchBrowser, openPageOf } from '../support/browser.ts';
import { available } from '../support/required.ts';

const { app, alice } = await cast({ REGISTRATION: 'invite', MEMBERS_INVITE: '5' });
afterAll(() => app.close());

describe.skipIf(!available('chromium'))('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test('Copy copies the link with the names of the inviter and the site, and says so', async () => {
    const page = await openPageOf(alice, browser, app.url, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await page.goto('/account/invitations');
    await page.getByRole('button', { name: 'Make an invitation' }).click();
    await page.getByRole('button', { name: 'Copy' }).click();
    await page.getByText('Copied.').waitFor();
    const link = await page.getByLabel('The link of the new invitation').inputValue();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(
      new RegExp(`^alice invites you to Private Messages on [^ ]+: ${link.replaceAll(/[?.]/g, '\\$&')}$`),
    );
  });

  test('without a script the link is there to copy', async () => {
    const page = await openPageOf(alice, browser, app.url, { javaScriptEnabled: false });
    await page.goto('/account/invitations');
    await page.getByRole('button', { name: 'Make an invitation' }).click();
    expect(await page.getByLabel('The link of the new invitation').inputValue()).toContain(
      '/register?invitation=',
    );
    expect(await page.getByRole('button', { name: 'Copy' }).count()).toBe(0);
  });
});
