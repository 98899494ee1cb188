// Records each distinct statement that a file of src sends, with that file, for the rules in dialect.ts.
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

export interface Recorded {
  file: string;
  text: string;
}

const project = fileURLToPath(new URL('../../', import.meta.url));
/** Between a query and the function that holds its SQL. */
const between =
  /node_modules|node:|\/test\/support\/(record-statements|statements)\.ts|\/database\/owned-client\.ts/;
const seen = new Set<string>();
let record = '';

type Query = (asked: string | { text?: string }, ...more: unknown[]) => unknown;

for (const { prototype } of [pg.Pool, pg.Client] as unknown as { prototype: { query: Query } }[]) {
  const { query } = prototype;
  prototype.query = function (asked, ...more) {
    note(asked);
    return query.call(this, asked, ...more);
  };
}

function note(asked: string | { text?: string }): void {
  const text = typeof asked === 'string' ? asked : asked.text;
  if (record !== process.env.STATEMENTS_FILE) seen.clear(); // another test file, in the same worker
  record = process.env.STATEMENTS_FILE!;
  if (!text || seen.has(text)) return;
  const file = findCaller();
  if (!file?.startsWith('src/')) return; // a test's own statement
  seen.add(text);
  appendFileSync(record, `${JSON.stringify({ file, text } satisfies Recorded)}\n`);
}

function findCaller(): string | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 30;
  const [, ...frames] = new Error().stack!.split('\n');
  Error.stackTraceLimit = stackTraceLimit;
  const frame = frames.find((each) => each.includes(project) && !between.test(each));
  return frame && /[^(]*?([\w./-]+\.ts)/.exec(frame.slice(frame.indexOf(project) + project.length))?.[1];
}
