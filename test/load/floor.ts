// The floor: the minimum that answers the same requests, with bare node:http and pg, the same statements and bytes.
// Never imported by the product; the bench starts it in a process of its own.
import { createHash, randomUUIDv7 } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parse } from 'node:querystring';
import pg from 'pg';
import { selectBoxBefore } from '../../src/mailbox/queries.ts';

const { PORT, FLOOR_DATABASE, FLOOR_PAGES, FLOOR_MESSAGE } = process.env;
/** The product's answers, by path, as the bench recorded them: headers and body. */
const pages = JSON.parse(FLOOR_PAGES!) as Record<string, { headers: Record<string, string>; body: string }>;
// Plans as the product has them: others would go through the whole table of unread marks, which is empty at the start.
const pool = new pg.Pool({ connectionString: FLOOR_DATABASE!, max: 5, options: '-c enable_seqscan=off' });

const session = {
  name: 'session',
  text: `select s.sess, u.id, u.username,
                (select count(*)::int from (select from unread n where n.owner_id = $1
                  and not n.is_quiet limit 100) c) as unread
         from sessions s join users u on u.id = s.user_id
         where s.user_id = $1 and s.sid = $2 and s.expire > now()`,
};
const inbox = {
  name: 'inbox',
  text: selectBoxBefore('inbox'),
};
const message = {
  name: 'message',
  text: 'select m.id, m.body, m.sent_at, m.other_id from messages m where m.owner_id = $1 and m.id = $2 and m.trashed_at is null',
};
const send = {
  name: 'send',
  text: `with recipient as (select id from users where username = $2)
         insert into messages (owner_id, id, box, other_id, twin_id, body, sent_at)
         select copy.* from recipient r, lateral (values
           ($1::uuid, $3::uuid, 'sent', r.id, $4::uuid, $5::text, now()),
           (r.id, $4, 'inbox', $1, $3, $5, now())) copy`,
};

async function findPerson(req: IncomingMessage): Promise<string> {
  const cookie = decodeURIComponent(/session=([^;]*)/.exec(req.headers.cookie ?? '')![1]!);
  const id = cookie.slice(2, cookie.lastIndexOf('.'));
  const sid = createHash('sha256').update(id).digest('base64url');
  const owner = id.slice(0, id.indexOf('.'));
  const { rows } = await pool.query({ ...session, values: [owner, sid] });
  if (rows.length === 0) throw new Error('no session');
  return owner;
}

function answer(res: ServerResponse, path: string): void {
  const { headers, body } = pages[path]!;
  res.writeHead(200, headers).end(body);
}

const routes: Record<string, (req: IncomingMessage, res: ServerResponse) => Promise<void> | void> = {
  'GET /login': (_req, res) => answer(res, '/login'),
  'GET /inbox': async (req, res) => {
    const owner = await findPerson(req);
    await pool.query({ ...inbox, values: [owner, 'ffffffff-ffff-ffff-ffff-ffffffffffff'] });
    answer(res, '/inbox');
  },
  'GET /message': async (req, res) => {
    const owner = await findPerson(req);
    await pool.query({ ...message, values: [owner, FLOOR_MESSAGE] });
    answer(res, '/message');
  },
  'POST /send': async (req, res) => {
    let text = '';
    for await (const chunk of req) text += String(chunk);
    const { recipient, body } = parse(text);
    const owner = await findPerson(req);
    await pool.query({ ...send, values: [owner, recipient, randomUUIDv7(), randomUUIDv7(), body] });
    res.writeHead(303, { Location: '/inbox' }).end();
  },
};

createServer((req, res) => {
  const path = req.url!.startsWith('/messages/') ? '/message' : req.url!;
  void (async () => routes[`${req.method} ${path}`]!(req, res))().catch((error: Error) =>
    res.writeHead(500).end(error.message),
  );
}).listen(Number(PORT), '127.0.0.1');
