// All operator commands, in help order.
import { accessCommands } from './access.ts';
import { announceText } from './announce.ts';
import { backup, backupKey } from './backup.ts';
import type { Command } from './command.ts';
import { deleteUser } from './delete.ts';
import { health } from './health.ts';
import { invite } from './invite.ts';
import { showLog } from './log.ts';
import { findUsers, listUsers } from './people.ts';
import { approveRegistration, declineRegistration, listRegistrations } from './registrations.ts';
import { rehearseRestore } from './rehearse.ts';
import { closeOne, listReports, showReport } from './reports.ts';
import { resetLink } from './reset-link.ts';
import { restore } from './restore.ts';
import { rotateSecret } from './rotate-secret.ts';
import { site } from './site.ts';
import { showVersion } from './version.ts';

export const commands: Command[] = [
  listUsers,
  findUsers,
  resetLink,
  ...accessCommands,
  deleteUser,
  invite,
  approveRegistration,
  declineRegistration,
  listRegistrations,
  showReport,
  closeOne,
  listReports,
  announceText,
  site,
  backup,
  backupKey,
  restore,
  rehearseRestore,
  rotateSecret,
  health,
  showLog,
  showVersion,
];
