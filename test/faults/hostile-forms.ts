// Eight windows of one user that save drafts of maximum length and request exports.
import { randomBytes, randomUUID } from 'node:crypto';
import type { HostileDeed } from './hostile-member.ts';

const longest = randomBytes(75_000).toString('base64');

export const hostileForms: HostileDeed = {
  atOnce: 8,
  isManyAccounts: false,
  async act(client) {
    const _csrf = await client.token();
    const isExport = Math.random() < 0.2;
    const { status } = isExport
      ? await client.post('/account/export', { _csrf })
      : await client.post('/drafts', { _csrf, key: randomUUID(), recipient: '', body: longest });
    return `${isExport ? 'export' : 'draft'} ${status}`;
  },
};
