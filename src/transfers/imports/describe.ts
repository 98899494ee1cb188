// View models of an import: its progress and its result.
import { countOf } from '../../in-words.ts';
import { emptyReport, sentencesOf } from './import-report.ts';
import type { ImportJob, ImportResult } from './job-queries.ts';

export interface ShownProgress {
  words: string;
  value: number | undefined;
}

export interface ShownResult {
  isDone: boolean;
  words: string;
  notes: { sentence: string; examples: string[] }[];
}

export function describeProgress(job: ImportJob): ShownProgress {
  const { phase, bytesRead, bytesTotal, messagesWritten, messagesTotal } = job;
  const bytes = bytesOf(bytesRead, bytesTotal);
  const share = (done: number, total: number) => (total > 0 ? Math.min(1, done / total) : undefined);
  return {
    uploading: { words: `Uploading: ${bytes}.`, value: share(bytesRead, bytesTotal) },
    waiting: { words: 'Uploaded. Waiting for its turn.', value: undefined },
    reading: { words: `Checking the file: ${bytes} read.`, value: share(bytesRead, bytesTotal) },
    writing: {
      words: `Writing: ${inNumber(messagesWritten)} of ${inNumber(messagesTotal)} messages.`,
      value: share(messagesWritten, messagesTotal),
    },
  }[phase];
}

export function describeResult(result: ImportResult): ShownResult {
  if (result.outcome === 'imported') {
    const { total, added, report } = result; // may have been stored by a version with other reasons
    return {
      isDone: true,
      words: importedWords(total, added),
      notes: sentencesOf({ ...emptyReport(), ...report }),
    };
  }
  const words = result.outcome === 'refused' ? result.message : endings[result.outcome];
  return { isDone: false, words, notes: [] };
}

const endings = {
  cancelled: 'You cancelled this import. Nothing was imported.',
  stopped: 'This import was stopped, because your sessions were ended meanwhile. Nothing was imported.',
  interrupted:
    'This import was interrupted: the server was restarted, or its database was too busy. Nothing was imported; ' +
    'please choose the file again.',
  failed: 'Something went wrong on our side, not on yours. Nothing was imported.',
};

function importedWords(total: number, added: number): string {
  const known = total - added;
  const imported = added === 0 ? 'Nothing was imported' : `Imported ${countOf(added, 'message')}`;
  return known === 0
    ? `${imported}.`
    : `${imported}; ${countOf(known, 'message')} ${known === 1 ? 'was' : 'were'} here already.`;
}

function inNumber(count: number): string {
  return count.toLocaleString('en');
}

function bytesOf(done: number, total: number): string {
  const scale = total || done;
  const [unit, name, digits] =
    scale < 1e6
      ? ([1e3, 'kB', 0] as const)
      : scale < 1e9
        ? ([1e6, 'MB', 1] as const)
        : ([1e9, 'GB', 2] as const);
  const amount = (bytes: number) => (bytes / unit).toFixed(digits);
  return total > 0 ? `${amount(done)} of ${amount(total)} ${name}` : `${amount(done)} ${name}`;
}
