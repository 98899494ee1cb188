// Docker and compose for test:compose, in a project of its own.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, projectFolder } from '../support/program.ts';

// A name of its own: nobody's real installation, with its volumes, is touched.
export const project = `private-messages-test-${randomBytes(3).toString('hex')}`;
export const port =
  process.env.HTTP_PORT?.split(':').at(-1) ?? ((await isTaken(80)) ? String(await freePort()) : '80');
export const url = new URL(`http://localhost:${port}`).origin;
// The settings as shipped, whatever stands in this machine's environment or .env; only sending is not slowed down.
const asShipped = {
  DOMAIN: '',
  ACME_DIRECTORY: '',
  PUBLIC_URL: '',
  TRUST_PROXY: '',
  LOG_LEVEL: '',
  FRONT_PROXY: '',
  REGISTRATIONS_PER_HOUR: '',
  REGISTRATION: '',
  FIRST_CONTACT: 'inbox',
  MEMBERS_INVITE: '',
  HSTS: '',
};
export const env: NodeJS.ProcessEnv = {
  ...process.env,
  ...asShipped,
  HTTP_PORT: `127.0.0.1:${port}`,
  HTTPS_PORT: `127.0.0.1:${await freePort()}`,
  SENDS_PER_MINUTE: '1000',
  NEW_PEOPLE_PER_DAY: '1000',
};

interface Container {
  State: { ExitCode: number };
  Config: { User: string };
  HostConfig: { ReadonlyRootfs: boolean; CapDrop: string[]; SecurityOpt: string[]; NetworkMode: string };
  NetworkSettings: { Ports: Record<string, unknown[] | null> };
}

export function timed(work: () => unknown): number {
  const startedAt = performance.now();
  work();
  return Math.round((performance.now() - startedAt) / 100) / 10;
}

export function compose(...args: string[]): string {
  return docker(['compose', '-p', project, ...args]);
}

export function containersOf(service: string): string[] {
  return compose('ps', '--all', '--quiet', service).split('\n');
}

export function inspect(id: string): Container {
  return (JSON.parse(docker(['inspect', id])) as Container[])[0]!;
}

export function logsOf(id: string): string {
  return docker(['logs', id]);
}

/** Runs docker; gives what it wrote. Throws with its own words when it fails. */
export function docker(args: string[], { mayFail = false } = {}): string {
  const ran = spawnSync('docker', args, { cwd: projectFolder, env, encoding: 'utf8', maxBuffer: 1e8 });
  if (ran.error) throw new Error(`Docker with compose is needed: ${ran.error.message}`);
  if (ran.status !== 0 && !mayFail) throw new Error(`docker ${args.join(' ')}: ${ran.stderr.slice(-3000)}`);
  return ran.stdout.trim();
}

export function step(words: string): void {
  console.log(`\n• ${words}`);
}

/** Tries for up to 30 s; the last failure counts. */
export async function eventually(claim: string, check: () => Promise<void>, forMs = 30_000): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    try {
      await check();
      console.log(`  ${claim}, after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
      return;
    } catch (error) {
      if (performance.now() - startedAt > forMs) throw error;
      await sleep(250);
    }
  }
}

async function isTaken(wanted: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(wanted, 'localhost');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
