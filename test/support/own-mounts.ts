// Runs a shell script with mounts of its own, which end with it.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { isRoot } from '../start/site.ts';
import { projectFolder } from './program.ts';

/** `$operator` and `$nightly` run the program. */
export function withOwnMounts(
  script: string,
  settings: Record<string, string>,
): { code: number | null; out: string; err: string } {
  const { PATH = '' } = process.env;
  const at = (path: string) => `${process.execPath} ${join(projectFolder, path)}`;
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    [...(isRoot ? [] : ['--user', '--map-root-user']), '--mount', 'sh', '-euc', script],
    {
      cwd: '/',
      env: {
        PATH,
        operator: at('src/operator/run.ts'),
        nightly: at('src/backups/run-nightly.ts'),
        ...settings,
      },
      encoding: 'utf8',
    },
  );
  return { code: status, out: stdout, err: stderr };
}
