// The schema of a database as text, for comparisons; the order of columns does not count.
import type { Database } from '../../src/database/pool.ts';

export async function schemaOf(db: Database): Promise<string[]> {
  const { rows } = await db.query<{ line: string }>(
    `select format('column %s.%s %s null=%s default=%s collate=%s', table_name, column_name, data_type,
         is_nullable, coalesce(column_default, generation_expression), collation_name) as line
       from information_schema.columns where table_schema = 'public'
     union all select indexdef from pg_indexes where schemaname = 'public'
     union all select format('constraint on %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
       from pg_constraint where connamespace = 'public'::regnamespace
     union all select pg_get_functiondef(p.oid) from pg_proc p
       where pronamespace = 'public'::regnamespace
         and not exists (select from pg_depend where objid = p.oid and deptype = 'e')
     union all select format('policy on %s %s %s', polrelid::regclass, polname, pg_get_expr(polqual, polrelid))
       from pg_policy
     union all select format('row-level security on %s', relname) from pg_class where relrowsecurity
     union all select format('view %s %s', viewname, definition) from pg_views where schemaname = 'public'
     order by 1`,
  );
  return rows.map(({ line }) => line);
}
