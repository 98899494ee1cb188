// HOST=0.0.0.0: the start prints the addresses for others, and links begin with one of them or with PUBLIC_URL.
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { reachableAddresses } from '../../src/web/site-address.ts';
import { runOperator } from '../operator/command.ts';
import { calmSettings } from '../support/app.ts';
import { createDatabase } from '../support/database.ts';
import { stranger, type Person } from '../support/person.ts';
import { freePort } from '../support/program.ts';
import { newFolder, start } from './site.ts';

const everywhere = { HOST: '0.0.0.0', PORT: '3000' };
const addressesWith = (settings: Record<string, string>) => reachableAddresses(readConfig(settings));

test('the addresses of this machine, where it listens on all of them and PUBLIC_URL does not say otherwise', () => {
  for (const address of addressesWith(everywhere))
    expect(address).toMatch(/^http:\/\/(?!127\.)\d+\.\d+\.\d+\.\d+:3000$/);
  const both = addressesWith({ HOST: '::' });
  expect(both).toEqual(expect.arrayContaining(addressesWith(everywhere)));
  for (const address of both) expect(address).not.toMatch(/\[(fe80|::1\])|127\.0|localhost/);
  const elsewhere: Record<string, string>[] = [
    { HOST: '127.0.0.1' },
    { PUBLIC_URL: 'http://letters.example' },
    { PUBLISHED_PORT: '80' },
  ];
  for (const more of elsewhere) expect(addressesWith({ ...everywhere, ...more })).toEqual([]);
});

test('npm start prints them; an invitation says the one that was used, never a forged one', async () => {
  const port = await freePort();
  const site = {
    ...calmSettings,
    DATABASE_URL: await createDatabase(),
    HOST: '0.0.0.0',
    PORT: String(port),
    REGISTRATION: 'invite',
    MEMBERS_INVITE: '9',
  };
  const program = await start(site);
  const addresses = reachableAddresses(readConfig(site));
  const others = addresses.length > 0 ? `Others in your network open ${addresses.join(' or ')}\n` : '';
  await expect
    .poll(() => program.stderr())
    .toContain(`Open http://localhost:${port}\n${others}Registration takes an invitation`);
  for (const address of addresses) expect((await fetch(`${address}/login`)).status).toBe(200);

  const { out } = await runOperator({ ...site, DATA_DIR: newFolder() }, ['invite']);
  const ofOperator = new URL(out.trim());
  expect(ofOperator.origin).toBe(addresses[0] ?? `http://localhost:${port}`);
  const alice = stranger(program.url, 'alice');
  await alice.submit(`${ofOperator.pathname}${ofOperator.search}`, {
    username: 'alice',
    password: alice.password,
  });

  const own = `http://${hostname()}.local:${port}`.toLowerCase();
  for (const address of [own, ...addresses]) expect(await invitationAt(alice, address)).toBe(address);
  for (const forged of [
    'http://evil.example',
    `http://evil.example:${port}`,
    `http://10.255.255.254:${port}`,
  ])
    expect(await invitationAt(alice, forged)).toBe(`http://localhost:${port}`);
});

/** The origin of an invitation that this person makes with the address in the Host header. */
async function invitationAt(person: Person, address: string): Promise<string> {
  const page = '/account/invitations';
  const form = new URLSearchParams(await person.hidden(page)).toString();
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
  await person.ask('post', page, { ...type, Host: new URL(address).host }, form);
  return new URL((await person.get(page)).$('#link').attr('value')!).origin;
}
