// The database role the program works as: it may only read and write rows; created at start if missing.
import pg from 'pg';
import { createPool, withQueryTimeout, type Pool } from './pool.ts';
import { findSearchPath } from './session-settings.ts';
import { transaction } from './transaction.ts';

// One role per table owner: installations in a cluster share it only with the same owner, who can read both anyway.
const nameOfRole = `case when octet_length(current_user) <= 46 then 'private_messages_' || current_user
  else 'private_messages_' || md5(current_user) end`;

const lacksRight = '42501';
const wrongRole = 'P0001'; // raise exception

// Grants only what is missing on the rows of our tables, and nothing else. Where the server asks for no password, as
// the built-in one, the program logs in as the role and cannot return to the owner. Otherwise it uses SET ROLE, which
// requires membership: creating a role grants none before PostgreSQL 16, and only the admin option since. Another
// database of the cluster may create the role concurrently.
const prepareRole = `do $$
declare
  role text := ${nameOfRole};
  place oid := (select relnamespace from pg_class where oid = 'schema_migrations'::regclass);
  wanted text;
  missing text;
  found record;
begin
  if not exists (select from pg_roles where rolname = role) then
    begin
      execute format('create role %I login noinherit', role);
    exception when duplicate_object or unique_violation then null;
    end;
  end if;
  if exists (select from pg_roles where rolname = role
             and (rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls))
     or exists (select from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname = role) then
    raise exception 'that role has more rights than it should';
  end if;
  begin
    execute format('set local role %I', role);
    set local role none;
  exception when insufficient_privilege then
    execute format('grant %I to %I', role, current_user);
  end;

  if not has_schema_privilege(role, place, 'usage') then
    execute format('grant usage on schema %I to %I', (select nspname from pg_namespace where oid = place), role);
  end if;
  for found in
    select c.oid, c.oid::regclass as name,
           case when c.relname = 'schema_migrations' or c.relkind = 'v' then array['select']
                else array['select', 'insert', 'update', 'delete'] end as rights
    from pg_class c where c.relnamespace = place and c.relkind in ('r', 'p', 'v') and pg_has_role(c.relowner, 'usage')
  loop
    missing := (select string_agg(r, ', ') from unnest(found.rights) r
                where not has_table_privilege(role, found.oid, r));
    if missing is not null then execute format('grant %s on %s to %I', missing, found.name, role); end if;
  end loop;
  for found in
    select p.oid::regprocedure as name from pg_proc p
    where p.pronamespace = place and pg_has_role(p.proowner, 'usage')
      and not has_function_privilege(role, p.oid, 'execute')
  loop
    execute format('grant execute on function %s to %I', found.name, role);
  end loop;
end $$`;

/** Falls back to the owner, with a warning: then only the WHERE of each statement separates users. */
export async function openAppPool(
  owner: Pool,
  address: string,
  onError: (error: Error) => void,
  tell: (line: string) => void,
): Promise<Pool> {
  const { rows } = await owner.query<{ role: string; path: string }>(
    `select ${nameOfRole} as role, (${findSearchPath}) as path`,
  );
  const { role, path: searchPath } = rows[0]!;
  const trouble = await tryToPrepare(owner);
  if (trouble) {
    tell(
      `private-messages: the program runs as the owner of its tables, not as a role limited to reading and writing ` +
        `rows: ${trouble}. An administrator can create that role, where USER is the user in DATABASE_URL: ` +
        'create role "private_messages_USER"; grant "private_messages_USER" to "USER";',
    );
    return createPool(address, onError, { name: undefined, searchPath });
  }
  const asRole = await findLogin(address, role);
  return createPool(asRole ?? address, onError, { name: asRole ? undefined : role, searchPath });
}

async function tryToPrepare(owner: Pool): Promise<string | undefined> {
  try {
    await transaction(owner, async (db) => {
      await db.query(`set local statement_timeout = '60s'; set local lock_timeout = '30s'`);
      await db.query(
        withQueryTimeout({ text: `select pg_advisory_xact_lock(hashtext('private-messages role'))` }),
      );
      await db.query(withQueryTimeout({ text: prepareRole }));
    });
    return undefined;
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code !== lacksRight && code !== wrongRole) throw error;
    return message;
  }
}

/** The address with this role as the user, if the server accepts it without a password. */
async function findLogin(address: string, role: string): Promise<string | undefined> {
  const hasPassword = new pg.Client({ connectionString: address }).password;
  if (hasPassword || /[?&]user=/.test(address)) return undefined;
  const asRole = address.replace(
    /^(\w+:\/\/)([^@/?#]*@)?/,
    (_, scheme) => `${scheme}${encodeURIComponent(role)}@`,
  );
  const client = new pg.Client({ connectionString: asRole, connectionTimeoutMillis: 2000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return asRole;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => {});
  }
}
