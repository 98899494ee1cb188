// All operator commands, in help order.
import { announceText } from './announce.ts';
import { clearName, disableUser, enableUser, endSessions } from './access.ts';
import { backup, backupKey } from './backup.ts';
import type { Command } from './command.ts';
import { deleteUser } from './delete.ts';
import { invite } from './invite.ts';
import { showLog } from './log.ts';
import { findUsers, listUsers } from './people.ts';
import { resetLink } from './reset-link.ts';
import { restore } from './restore.ts';
import { rotateSecret } from './rotate-secret.ts';
import { site } from './site.ts';

export const commands: Command[] = [
  listUsers,
  findUsers,
  resetLink,
  endSessions,
  clearName,
  disableUser,
  enableUser,
  deleteUser,
  invite,
  announceText,
  site,
  backup,
  backupKey,
  restore,
  rotateSecret,
  showLog,
];
