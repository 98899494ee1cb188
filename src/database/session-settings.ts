// The settings of a session that statements here rely on, whatever the server, the database, the role or the URL says.
import type { ClientBase } from 'pg';

// A page asks at most twice and must answer within 5 s when PostgreSQL hangs, and within 3 s when somebody holds a lock
// and all connections wait for it: 1.2 s for a connection (pool.ts), half a second for a lock, and some 2 s for an answer,
// counted by the server and, for a frozen server, by us (query_timeout).
const limits = {
  lock_timeout: '500',
  statement_timeout: '2000',
  idle_in_transaction_session_timeout: '5000',
  idle_session_timeout: '0',
  transaction_timeout: '0',
};

// There is an index for everything that is asked. Where a table is nearly empty, reading all of it is cheaper still,
// and a connection would keep that plan while 100,000 messages come in, until PostgreSQL counts them.
// Nothing here is long enough to be worth compiling (jit), which takes longer than most statements.
export const planning = { enable_seqscan: 'off', jit: 'off', plan_cache_mode: 'auto' };

/** What values look like and what a statement means. */
const meaning = {
  client_encoding: 'UTF8',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  gin_fuzzy_search_limit: '0', // with it, a search finds some of the messages
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  exit_on_error: 'off',
};

const settings = Object.entries({ ...limits, ...planning, ...meaning });

// set_config of pg_catalog, whose name a search_path may hide; a setting that this version does not know is left out.
const statement = `
  select pg_catalog.set_config(name, value, false) from (values ('search_path', $1), ('role', $2),
    ${settings.map(([name, value]) => `('${name}', '${value}')`).join(', ')}) as wanted (name, value)
  where pg_catalog.current_setting(name, true) is not null and value is not null`;

// Our tables are where they were made: as the role's own search_path said then, or in public. Behind that schema come
// those of our extensions, which some hosts keep apart.
export const findSearchPath = `
  select concat_ws(', ', quote_ident(coalesce(
    (select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attname = 'sha256'
     where c.relname = 'schema_migrations' and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'insert')
     order by pg_table_is_visible(c.oid) desc, n.nspname = 'public' desc, n.nspname limit 1),
    (select current_schema() where has_schema_privilege(current_schema(), 'create')
       and current_schema() <> all (array['pg_catalog', 'information_schema'])),
    'public')),
    (select string_agg(distinct quote_ident(n.nspname), ', ') from pg_extension e
       join pg_namespace n on n.oid = e.extnamespace where e.extname in ('unaccent', 'btree_gin'))) as path`;

/** As whom connections work, and where the tables are. */
export interface SessionRole {
  /** Undefined for the user who is logged in. */
  name: string | undefined;
  searchPath: string;
}

/**
 * What makes each new connection of a pool ours; where the tables are is looked up once. By statements and not by startup
 * options: PgBouncer refuses those, and what DATABASE_URL says would replace them.
 */
export function sessionPreparer(role?: SessionRole): (client: ClientBase) => Promise<void> {
  let searchPath = role?.searchPath;
  return async (client) => {
    searchPath ??= (await client.query<{ path: string }>(findSearchPath)).rows[0]!.path;
    await client.query(statement, [searchPath, role?.name]);
  };
}
