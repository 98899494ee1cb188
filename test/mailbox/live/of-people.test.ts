// What a page of conversations counts as new: only what people wrote, or only what one person wrote.
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { leaveNotice } from '../../../src/mailbox/notices.ts';
import { cast } from '../../support/cast.ts';
import { openStream } from './listening.ts';

const { app, alice, bob, charlie } = await cast();
afterAll(() => app.close());

test('a notice is no conversation, and another person’s message is not in this one', async () => {
  await bob.send('alice', 'Seen');
  const { $ } = await alice.get('/conversations');
  const news = $('[data-news]');
  const seen = news.attr('data-seen')!;
  expect(news.attr('data-of')).toBe('people');
  const page = (await alice.get('/with/bob')).$('[data-news]');
  expect(page.attr('data-with')).toBe('bob');
  expect(page.attr('data-seen')).toBe(seen);
  const open = async (more: Record<string, string>) => {
    const stream = await openStream(app.url, alice, { seen, ...more });
    onTestFinished(() => stream.close());
    return stream;
  };
  const { rows } = await app.pool.query<{ id: string }>(`select id from users where username = 'alice'`);
  await leaveNotice(app.pool, rows[0]!.id, 'A notice');
  const [inbox, people, withBob] = [
    await open({}),
    await open({ of: 'people' }),
    await open({ with: 'bob' }),
  ];
  await inbox.hears({ fresh: 1 });
  await people.hears({ fresh: 0 });
  await withBob.hears({ fresh: 0 });
  await charlie.send('alice', 'From Charlie');
  await people.hears({ fresh: 1 });
  await withBob.hears({ unread: 2, fresh: 0 });
  await bob.send('alice', 'From Bob');
  await withBob.hears({ unread: 3, fresh: 1 });
  await alice.get('/with/bob');
  await withBob.hears({ unread: 2, fresh: 0 });
});

test('malformed and unknown ones count nothing and are refused', async () => {
  expect((await alice.ask('get', '/events?of=everybody')).status).toBe(400);
  expect((await alice.ask('get', `/events?with=${'x'.repeat(101)}`)).status).toBe(400);
  const stream = await openStream(app.url, alice, {
    seen: '00000000-0000-0000-0000-000000000000',
    with: 'nobody-here',
  });
  onTestFinished(() => stream.close());
  await stream.hears({ fresh: 0 });
});
