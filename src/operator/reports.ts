// `reports`: lists what members reported, shows one, and closes it.
import { closeReport, type Closing } from '../admin/reports/close.ts';
import { decisionForm, type Decision } from '../admin/reports/decision.ts';
import { lookAt } from '../admin/reports/look.ts';
import { listReportsAfter, type ListedReport, type State } from '../admin/reports/queries.ts';
import type { Config } from '../config.ts';
import type { Database } from '../database/pool.ts';
import { lowestId, nobody } from '../ids.ts';
import { createEncryption, type Encryption } from '../secrets/encryption.ts';
import { readSecretKey } from '../secrets/secret-key.ts';
import { StartupError } from '../startup-error.ts';
import { exactTime } from '../web/times.ts';
import { parseForm } from '../web/forms.ts';
import { operator, type Options, type PlainCommand, type ReportCommand } from './command.ts';
import { readAll } from './read-all.ts';
import { UsageError } from './usage-error.ts';

export const listReports: PlainCommand = {
  name: 'reports',
  summary: 'list the messages that members reported',
  details: `Open ones, oldest first, and after them those that were closed within 90 days: who reported whom and when,
not what. To see that, use "reports show" with the id.`,
  options: [],
  run: async ({ pool }) => {
    const all = [...(await listAll(pool, 'open')), ...(await listAll(pool, 'closed'))];
    const rows = all.map(({ id, reporter, reported, reportedAt, lookedAt, closedAt, outcome }) => ({
      id,
      reporter,
      reported,
      reportedAt,
      looks: lookedAt.length,
      closedAt,
      outcome,
    }));
    return { rows, ...(rows.length === 0 && { note: 'Nothing was reported.' }) };
  },
};

function listAll(db: Database, state: State): Promise<ListedReport[]> {
  return readAll((last, limit) => listReportsAfter(db, nobody, state, last?.id ?? lowestId, limit));
}

export const showReport: ReportCommand = {
  name: 'reports show',
  argument: 'REPORT',
  summary: 'print a reported message; the reporter sees that somebody looked',
  details: `REPORT is an id from "reports". It prints the message as it was and what the reporter wrote. Each use is
logged, and the reporter sees when.`,
  options: [],
  run: async ({ pool, config }, report) => {
    const content = await lookAt({ pool, encryption: encryptionOf(config) }, report);
    if (!content)
      throw new StartupError(
        'What this report holds cannot be read: secret.key is not the file that encrypted it.',
      );
    const { reporter, reported, reportedAt, closedAt, outcome } = report;
    return {
      rows: { id: report.id, reporter, reported, reportedAt, closedAt, outcome, ...content },
      text: [
        `Reported by ${reporter ?? 'a deleted account'} on ${exactTime(reportedAt)}.`,
        `The message from ${content.from}, ${exactTime(content.sentAt)}:\n\n${content.body}`,
        content.words ? `What the reporter wrote:\n\n${content.words}` : 'The reporter wrote nothing.',
      ].join('\n\n'),
    };
  },
};

export const closeOne: ReportCommand = {
  name: 'reports close',
  argument: 'REPORT',
  summary: 'close a report, and warn or disable the reported person',
  details: `REPORT is an id from "reports". The reporter finds a notice, with the answer if there is one; the reported
person finds the warning, which must not quote the message or say who reported it. Texts are not logged.`,
  options: ['answer', 'warn', 'disable'],
  run: async ({ pool, config, options }, report) => {
    const decision = readDecision(options);
    const closing = await closeReport({ pool, encryption: encryptionOf(config) }, operator, report, decision);
    if (closing !== 'closed') throw new StartupError(refusals[closing]);
    const { reported } = report;
    const { outcome } = decision;
    const also = outcome === 'nothing' ? '' : ` ${reported} is ${outcome}.`;
    return { rows: { id: report.id, reported, outcome }, text: `The report is closed.${also}` };
  },
};

function readDecision({ answer = '', warn, disable }: Options): Decision {
  if (warn !== undefined && disable) throw new UsageError('Either --warn or --disable.');
  const outcome = disable ? 'disabled' : warn === undefined ? 'nothing' : 'warned';
  const form = parseForm(decisionForm, { outcome, warning: warn ?? '', answer });
  if (!form.ok) throw new UsageError(Object.values(form.errors).join(' '));
  return form.values;
}

function encryptionOf({ dataDir }: Config): Encryption {
  return createEncryption(readSecretKey(dataDir));
}

const refusals: Record<Exclude<Closing, 'closed'>, string> = {
  'closed before': 'This report was closed already.',
  'account deleted': 'The account is deleted: nobody is left to be warned or disabled.',
  'last administrator': 'This is the last administrator, who cannot be disabled.',
};
