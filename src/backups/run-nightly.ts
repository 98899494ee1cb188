// The process of the nightly run, at low priority: compressing and comparing delay nobody's page.
import { setPriority } from 'node:os';
import { readSettings } from '../config.ts';
import { openDatabase } from '../database/open.ts';
import { asSystem } from '../database/owner.ts';
import { exitWithError } from '../startup-error.ts';
import { runNightly } from './nightly.ts';

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
process.once('disconnect', () => process.exit(1)); // the program was killed

try {
  setPriority(19);
  const config = readSettings();
  const database = await openDatabase(config, () => {});
  try {
    await asSystem(() => runNightly({ config, database, tell: console.error, signal: stop.signal }));
  } finally {
    await database.close();
  }
  process.exit(0);
} catch (error) {
  exitWithError(error);
}
