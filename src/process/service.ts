// `npm run service`: prints a systemd unit for this folder and these settings, with a user of its own, hardened.
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSettings } from '../config.ts';
import { exitWithError, StartupError } from '../startup-error.ts';
import { programUser } from '../system-user.ts';

try {
  const { dataDir, port, backups } = readSettings();
  const folders = [dataDir, ...(backups.folder ? [backups.folder] : [])];
  for (const path of [process.cwd(), process.execPath, ...folders]) refuseClosed(path);
  console.log(unitFor({ folder: process.cwd(), folders, port }));
} catch (error) {
  exitWithError(error);
}

interface Place {
  folder: string; // with the file .env
  folders: string[]; // for what it writes
  port: number;
}

function unitFor({ folder, folders, port }: Place): string {
  const isInHome = [folder, ...folders, process.execPath].some((path) =>
    /^\/(home|root|run\/user)\//.test(path),
  );
  const capabilities = port < 1024 ? 'CAP_NET_BIND_SERVICE' : '';
  const start = fileURLToPath(new URL('../start.js', import.meta.url));
  return `[Unit]
Description=Private messages
Wants=network-online.target
After=network-online.target postgresql.service
StartLimitIntervalSec=0

[Service]
User=${programUser}
Group=${programUser}
WorkingDirectory=${escaped(folder)}
ExecStart=${command([process.execPath, start])}
Restart=always
RestartSec=5
KillMode=mixed
TimeoutStopSec=60
UMask=0077
# Several times what a busy site takes: limits a leak or a fork bomb to this service.
MemoryMax=2G
TasksMax=512
# It may write here, and nowhere else.
ReadWritePaths=${folders.map(quoted).join(' ')}
ProtectSystem=strict
ProtectHome=${isInHome ? 'read-only' : 'yes'}
PrivateTmp=yes
PrivateDevices=yes
NoNewPrivileges=yes
CapabilityBoundingSet=${capabilities}
AmbientCapabilities=${capabilities}
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target`;
}

/** systemd.unit(5), "Specifiers". */
function escaped(text: string): string {
  return text.replaceAll('%', '%%');
}

/** systemd.syntax(7), "Quoting". */
function quoted(text: string): string {
  return `"${escaped(text).replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** systemd.service(5), "Command lines". */
function command(words: string[]): string {
  return words.map((word) => quoted(word).replaceAll('$', '$$$$')).join(' ');
}

/** The service's user owns none of the folders above. */
function refuseClosed(path: string): void {
  const closed = foldersAbove(path).find((folder) => existsSync(folder) && !(statSync(folder).mode & 0o001));
  if (!closed) return;
  throw new StartupError(
    `The service runs as a user of its own, who cannot enter ${closed}: move the program and its data, for example ` +
      'to /srv, and run this again.',
  );
}

function foldersAbove(path: string): string[] {
  const above = dirname(resolve(path));
  return above === '/' ? ['/'] : [...foldersAbove(above), above];
}
