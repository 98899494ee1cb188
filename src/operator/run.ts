// `npm run operator -- COMMAND`: the operator's command line, which works whether the program runs or not.
import { readSettings } from '../config.ts';
import { runCommand } from './perform.ts';

const { code, out, err } = await runCommand(process.argv.slice(2), readSettings);
if (out) console.log(out);
if (err) console.error(err);
if (code > 0) process.exit(code); // whatever is still open
