// `npm run rotate-keys`: adds a key for signing cookies, even while the program runs; nobody is signed out.
import { readSettings } from '../config.ts';
import { exitWithError } from '../startup-error.ts';
import { openDatabase } from './open.ts';
import { rotateSigningKeys } from './signing-keys.ts';

try {
  const database = await openDatabase(readSettings(), () => {});
  try {
    await rotateSigningKeys(database.pool);
  } finally {
    await database.close();
  }
  console.log('There is a new key. It signs after two minutes; earlier keys stay valid for 91 days.');
} catch (error) {
  exitWithError(error);
}
