// The error of a database that does not open.
import { openDatabase } from '../../src/database/open.ts';
import { StartupError } from '../../src/startup-error.ts';

/** Opens the database, which must be refused with a line for the operator; returns that line. */
export async function refusalOf(databaseUrl: string): Promise<string> {
  try {
    const database = await openDatabase({ databaseUrl, dataDir: '/nowhere' }, () => {});
    await database.close();
  } catch (error) {
    if (!(error instanceof StartupError)) throw error;
    return error.message;
  }
  throw new Error('It was not refused.');
}
