// Dumps the schema as SQL for reading, from the catalog: the built-in PostgreSQL has no pg_dump.
import { createHash } from 'node:crypto';
import type { Database } from '../../src/database/pool.ts';

interface Table {
  name: string;
  /** Columns and constraints. */
  parts: string[];
  options: string | null;
  /** Its indexes, triggers and policies. */
  statements: string[];
}

const isOurs = (oid: string) =>
  `not exists (select from pg_depend d where d.objid = ${oid} and d.deptype = 'e')`;

// What the statements below do not write.
const unknownObjects = `
  select format('%s %s', relkind, relname) as sql from pg_class
  where relkind in ('S', 'm', 'f', 'p') and relnamespace = 'public'::regnamespace
  union all
  select format('type %s', typname) from pg_type t
  where typtype in ('e', 'd', 'r') and typnamespace = 'public'::regnamespace and ${isOurs('t.oid')}
  union all
  select format('text search configuration %s', cfgname) from pg_ts_config
  where cfgnamespace = 'public'::regnamespace`;

const extensions = `
  select format('create extension %I;', extname) as sql from pg_extension
  where extname <> 'plpgsql' order by extname`;

const tables = `
  select c.relname as name, array_to_string(c.reloptions, ', ') as options,
    array(
      select concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
        case when a.attcollation <> t.typcollation then format('collate %I', l.collname) end,
        case when a.attnotnull then 'not null' end,
        case when a.attgenerated <> '' then format('generated always as (%s) stored', pg_get_expr(d.adbin, c.oid, true))
             when d.adbin is not null then 'default ' || pg_get_expr(d.adbin, c.oid, true) end)
      from pg_attribute a
      join pg_type t on t.oid = a.atttypid
      left join pg_collation l on l.oid = a.attcollation
      left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attnum
    ) || array(
      select format('constraint %I %s', conname, pg_get_constraintdef(oid, true)) from pg_constraint
      where conrelid = c.oid and contype <> 'n' order by position(contype::text in 'pufcx'), conname collate "C"
    ) as parts,
    array(
      select pg_get_indexdef(x.oid, 0, true) from pg_index i join pg_class x on x.oid = i.indexrelid
      where i.indrelid = c.oid and not exists (select from pg_constraint where conindid = x.oid)
      order by x.relname collate "C"
    ) || array(
      select pg_get_triggerdef(oid, true) from pg_trigger where tgrelid = c.oid and not tgisinternal order by tgname
    ) || array(
      select format('alter table %I %s row level security', c.relname, word)
      from (values (c.relrowsecurity, 'enable'), (c.relforcerowsecurity, 'force')) v (is_set, word) where is_set
    ) || array(
      select concat_ws(' ', format('create policy %I on %I', polname, c.relname),
        case when not polpermissive then 'as restrictive' end,
        case polcmd when 'r' then 'for select' when 'a' then 'for insert' when 'w' then 'for update'
          when 'd' then 'for delete' end,
        case when polroles <> '{0}' then format('to %s', (select string_agg(r::regrole::text, ', ')
          from unnest(polroles) r)) end,
        'using (' || pg_get_expr(polqual, c.oid, true) || ')',
        'with check (' || pg_get_expr(polwithcheck, c.oid, true) || ')')
      from pg_policy where polrelid = c.oid order by polname
    ) as statements
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and ${isOurs('c.oid')} order by c.oid`;

const views = `
  select format(E'create view %I as\\n%s', relname, pg_get_viewdef(oid, true)) as sql from pg_class
  where relkind = 'v' and relnamespace = 'public'::regnamespace order by oid`;

const functions = `
  select pg_get_functiondef(p.oid) as sql, p.prosrc as body from pg_proc p
  where p.pronamespace = 'public'::regnamespace and ${isOurs('p.oid')} order by p.oid`;

const grants = `
  select format('grant %s on %s to app_role;', rights, string_agg(name, ', ' order by name collate "C")) as sql
  from (
    select name, string_agg(lower(privilege_type), ', '
      order by position(privilege_type in 'SELECT INSERT UPDATE DELETE')) as rights
    from (
      select quote_ident(relname), relowner, relacl from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'v')
      union all
      select 'function ' || oid::regprocedure, proowner, proacl from pg_proc
      where pronamespace = 'public'::regnamespace
    ) o (name, owner, acl), aclexplode(acl) a where a.grantee not in (0, owner) group by name
  ) g group by rights order by rights desc`;

export async function dumpSchema(db: Database): Promise<string> {
  const select = async (sql: string) => (await db.query<{ sql: string; body: string }>(sql)).rows;
  for (const { sql } of await select(unknownObjects))
    throw new Error(`The dump does not write this yet: ${sql}`);
  const groups = [(await select(extensions)).map(({ sql }) => sql)];
  for (const { name, parts, options, statements } of (await db.query<Table>(tables)).rows) {
    const rows = parts.map((part, index) => wrap(`  ${tidy(part)}${index < parts.length - 1 ? ',' : ''}`));
    const end = options === null ? ');' : `) with (${options});`;
    groups.push([`create table ${name} (`, ...rows, end, ...statements.map((sql) => wrap(`${tidy(sql)};`))]);
  }
  for (const { sql } of await select(views)) groups.push([tidy(sql)]);
  for (const { sql, body } of await select(functions)) groups.push([functionText(sql, body)]);
  groups.push((await select(grants)).map(({ sql }) => wrap(sql)));
  return groups.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

/** PostgreSQL's own words as people write them; its names and texts are in quotes where they are not in lower case. */
function tidy(sql: string): string {
  const words = sql
    .split(/('[^']*'|"[^"]*")/)
    .map((part, index) => (index % 2 === 0 ? part.toLowerCase() : part));
  return words
    .join('')
    .replaceAll("'::text", "'")
    .replaceAll('timestamp with time zone', 'timestamptz')
    .replaceAll('character varying', 'varchar')
    .replaceAll(/\(\( select (\w+)\(\) as \1\)\)/g, '(select $1())')
    .replaceAll(/ using btree|\bpublic\./g, '');
}

const maxBodyLines = 40;

/** Of a long body only the length and a hash, which tells when it changes. */
function functionText(sql: string, body: string): string {
  const [head = '', tail = ''] = body === '' ? [sql] : sql.split(body);
  const lines = body.split('\n').length;
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 16);
  const shown = lines > maxBodyLines ? ` -- ${lines} lines, SHA-256 ${hash}…\n` : body;
  return `${tidy(head)
    .trimEnd()
    .split('\n')
    .map((line) => wrap(line))
    .join('\n')}${body && shown}${tail.trimEnd()};`;
}

const width = 110;

function wrap(line: string, indent = line.startsWith(' ') ? '    ' : '  '): string {
  if (line.length <= width) return line;
  const clause = Math.max(line.lastIndexOf(' references ', width), line.lastIndexOf(' else ', width));
  const place = clause > width / 4 ? clause : line.lastIndexOf(', ', width) + 1;
  if (place < width / 4) return line;
  return `${line.slice(0, place)}\n${wrap(indent + line.slice(place + 1), indent)}`;
}

/** Comments are written by hand, each above the line that it explains, and taken over from there. */
export function withComments(dump: string, document: string): string {
  const comments = new Map(readLines(document).map(({ key, above }) => [key, above]));
  const lines = readLines(dump).flatMap(({ key, line }) => [...(comments.get(key) ?? []), line]);
  return `${lines.join('\n')}\n`;
}

interface Line {
  /** The statement and the name with which the line begins. What follows may change. */
  key: string;
  line: string;
  above: string[];
}

function readLines(text: string): Line[] {
  const lines: Line[] = [];
  let above: string[] = [];
  let statement = '';
  let isBody = false;
  for (const [number, line] of text.trimEnd().split('\n').entries()) {
    if (line.includes('$function$')) isBody = !isBody;
    const isAbove = /^ *-- /.test(line) || (line === '' && above.length > 0);
    if (isAbove && !isBody) above.push(line);
    else {
      statement = /^\w[\w ]+/.exec(line)?.[0] ?? statement;
      const name = /^ +(?:constraint )?\w+|^\W/.exec(line)?.[0] ?? '';
      lines.push({ key: line === '' || isBody ? `${number}` : statement + name, line, above });
      above = [];
    }
  }
  return lines;
}
