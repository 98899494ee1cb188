// Session settings that statements rely on, whatever the server, database, role or URL says.
import type { ClientBase } from 'pg';

// A page runs at most two queries and must answer within 5 s if PostgreSQL hangs, and within 3 s if all connections
// wait for a lock: 1 s for each connection (pool.ts), 0.5 s for a lock, and about 2 s for an answer, timed by the
// server and, if that is frozen, by the client (query_timeout).
export const timeouts = {
  lock_timeout: '500',
  statement_timeout: '2000',
  idle_in_transaction_session_timeout: '5000',
  idle_session_timeout: '0',
  transaction_timeout: '0',
};

// Every query has an index. A sequential scan is cheaper on a nearly empty table, but a connection would keep that plan
// while 100,000 messages arrive, until ANALYZE runs. Compiling (jit) takes longer than most statements here.
export const planning = { enable_seqscan: 'off', jit: 'off', plan_cache_mode: 'auto' };

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
  gin_fuzzy_search_limit: '0', // otherwise a search may return only some of the messages
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  exit_on_error: 'off',
};

const settings = Object.entries({ ...timeouts, ...planning, ...meaning });

// Qualified, because search_path may hide set_config. Skips settings that this version of PostgreSQL lacks.
const statement = `
  select pg_catalog.set_config(name, value, false) from (values ('search_path', $1), ('role', $2),
    ${settings.map(([name, value]) => `('${name}', '${value}')`).join(', ')}) as wanted (name, value)
  where pg_catalog.current_setting(name, true) is not null and value is not null`;

// The schema our tables were created in, then those of our extensions, which some hosts keep apart.
export const findSearchPath = `
  select concat_ws(', ', quote_ident(coalesce(
    (select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
       join pg_attribute a on a.attrelid = c.oid and a.attname = 'sha256'
     where c.relname = 'schema_migrations' and has_schema_privilege(n.oid, 'usage')
       and has_table_privilege(c.oid, 'insert')
     order by pg_table_is_visible(c.oid) desc, n.nspname = 'public' desc, n.nspname limit 1),
    (select current_schema() where has_schema_privilege(current_schema(), 'create')
       and current_schema() <> all (array['pg_catalog', 'information_schema'])),
    'public')),
    (select string_agg(distinct quote_ident(n.nspname), ', ') from pg_extension e
       join pg_namespace n on n.oid = e.extnamespace where e.extname in ('unaccent', 'btree_gin'))) as path`;

export interface SessionRole {
  name: string | undefined; // undefined for the user who is logged in
  searchPath: string;
}

/** Uses statements, because PgBouncer rejects startup options and DATABASE_URL overrides them. */
export function sessionPreparer(role?: SessionRole): (client: ClientBase) => Promise<void> {
  let searchPath = role?.searchPath;
  return async (client) => {
    searchPath ??= (await client.query<{ path: string }>(findSearchPath)).rows[0]!.path;
    await client.query(statement, [searchPath, role?.name]);
  };
}
