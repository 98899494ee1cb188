// The form that closes a report: what follows for the reported person, and what both are told.
import { z } from 'zod';
import { optionalText } from '../../mailbox/reports/words.ts';

export const decisionForm = z
  .object({
    outcome: z.enum(['nothing', 'warned', 'disabled'], 'Please choose what to do.'),
    /** To the reported person. */
    warning: optionalText,
    /** To the reporter. */
    answer: optionalText,
  })
  .refine(({ outcome, warning }) => outcome !== 'warned' || warning, {
    path: ['warning'],
    message: 'Please write the warning.',
  });

export type Decision = z.infer<typeof decisionForm>;
