// `npm run service`: a systemd unit for this folder, which systemd accepts and rates as well protected.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFolder } from '../support/program.ts';
import { available } from '../support/required.ts';
import { newFolder } from './site.ts';

function service(cwd: string) {
  const command = ['src/start.js', 'src/process/service.ts'].map((file) => join(projectFolder, file));
  const { PATH = '' } = process.env;
  return spawnSync(process.execPath, command, { cwd, env: { PATH }, encoding: 'utf8' });
}

/** A folder with these settings, and the unit that is printed for it. */
function siteWith(settings: string, name = 'site') {
  const folder = join(newFolder(), name);
  mkdirSync(folder);
  writeFileSync(join(folder, '.env'), settings);
  const { stdout: unit, stderr } = service(folder);
  const valueOf = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1];
  return { folder, unit, stderr, valueOf };
}

test('it starts this program in this folder, and lets it write into its data only', () => {
  const { folder, stderr, valueOf } = siteWith('');
  expect(stderr).toBe('');
  expect(valueOf('ExecStart')).toBe(`"${process.execPath}" "${join(projectFolder, 'src/start.js')}"`);
  expect(valueOf('WorkingDirectory')).toBe(folder);
  expect([valueOf('User'), valueOf('ReadWritePaths')]).toEqual(['private-messages', `"${folder}/data"`]);
  expect([valueOf('ProtectSystem'), valueOf('AmbientCapabilities')]).toEqual(['strict', '']);
});

test('it follows the settings in .env', () => {
  const { valueOf } = siteWith('PORT=80\nDATA_DIR=/var/lib/messages\nBACKUP_DIR=/var/backups\n');
  expect(valueOf('AmbientCapabilities')).toBe('CAP_NET_BIND_SERVICE');
  expect(valueOf('ReadWritePaths')).toBe('"/var/lib/messages" "/var/backups"');
});

test('a folder that its user cannot enter is refused in one line', () => {
  const folder = newFolder();
  const inside = join(folder, 'site');
  mkdirSync(inside);
  chmodSync(folder, 0o700);
  const { status, stdout, stderr } = service(inside);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(
    /^private-messages: The service runs as a user of its own, who cannot enter [^\n]+\n$/,
  );
  expect(stderr).toContain(folder);
});

test.skipIf(!available('systemd-analyze'))('systemd accepts it, and rates its exposure below 2', () => {
  const { unit } = siteWith('PORT=80\n', 'a site, 100% "ours" for $5');
  const file = join(newFolder(), 'private-messages.service');
  writeFileSync(file, unit);
  const analyze = (...args: string[]) => spawnSync('systemd-analyze', [...args, file], { encoding: 'utf8' });
  const { status, stdout, stderr } = analyze('verify');
  expect([status, stdout, stderr]).toEqual([0, '', '']);
  const exposure = /Overall exposure level for \S+: ([\d.]+)/.exec(
    analyze('security', '--offline=yes').stdout,
  );
  expect(Number(exposure?.[1])).toBeLessThan(2);
});
