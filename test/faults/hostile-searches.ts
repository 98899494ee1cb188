// Eight concurrent searches for a phrase that each of many messages nearly contains.
import type { HostileDeed } from './hostile-member.ts';
import { fillConversations } from '../support/conversations.ts';
import { idInSql } from '../support/id-in-sql.ts';

export const hostileSearches = (inMailbox: number): HostileDeed => ({
  atOnce: 8,
  isManyAccounts: false,
  async prepare(site, clients) {
    await site.withDatabase((db) =>
      db.query(
        `insert into messages (owner_id, id, box, other_id, body, sent_at)
         select $1, ${idInSql('extract(epoch from at) * 1000', 'n')},
                'inbox', $1, repeat('table rain cake sun ', 15) || n, at
         from generate_series(1, $2) n, lateral (select now() - n * interval '1 minute' as at) moment`,
        [clients[0]!.person.id, inMailbox],
      ),
    );
    await site.withDatabase(fillConversations);
    await site.withDatabase((db) => db.query('vacuum analyze messages'));
  },
  async act(client) {
    const { status } = await client.get(`/search?${new URLSearchParams({ q: '"cake table"' }).toString()}`);
    return `answer ${status}`;
  },
});
