// Programs that some tests need and npm does not install.
import { existsSync } from 'node:fs';

const folders = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin', '/opt/homebrew/bin'];

/** Preferred where it is installed. Chromium without windows needs a third of the CPU: 3.1 s, not 8.9, for 25 pages. */
const lighter: Record<string, string> = { chromium: 'chromium-headless-shell' };
const packages: Record<string, string> = { 'systemd-analyze': 'systemd', ...lighter };

/** Packages without a program. */
const files: Record<string, string> = {
  'python3-prometheus-client': '/usr/lib/python3/dist-packages/prometheus_client',
};

/** Where it is, if it is installed. */
export function pathOf(program: string): string | undefined {
  const file = files[program];
  if (file) return existsSync(file) ? file : undefined;
  const paths = [lighter[program] ?? program, program].flatMap((name) =>
    folders.map((folder) => `${folder}/${name}`),
  );
  return paths.find((path) => existsSync(path));
}

/**
 * Whether tests that need this program can run. If not, one line says how to install it; where every test is demanded
 * (REQUIRE_EVERYTHING=1), its absence is an error.
 */
export function available(program: string): boolean {
  if (pathOf(program)) return true;
  const advice = `Tests that need ${program} are skipped. On Debian: apt-get install ${packages[program] ?? program}`;
  if (process.env.REQUIRE_EVERYTHING === '1') throw new Error(advice);
  console.warn(advice);
  return false;
}
