// docs/schema.sql is the schema after all migrations. `npm run schema` updates it.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createPool } from '../src/database/pool.ts';
import { dumpSchema, withComments } from './database/schema-dump.ts';
import { createDatabase } from './support/database.ts';

const file = new URL('../docs/schema.sql', import.meta.url);

test('docs/schema.sql is the schema', async () => {
  const pool = createPool(await createDatabase(), () => {});
  const dump = await dumpSchema(pool);
  await pool.end();
  await expect(withComments(dump, readFileSync(file, 'utf8'))).toMatchFileSnapshot(file.pathname);
});
