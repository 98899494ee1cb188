// npm run test:compose: the whole site in real containers, from the first start to three copies and https.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { deletionOf } from '../support/inbox.ts';
import {
  compose,
  containersOf,
  docker,
  env,
  eventually,
  inspect,
  logsOf,
  project,
  step,
  timed,
  url,
} from './docker.ts';
import { checkHttps } from './https.ts';
import { documentedSettings, samples } from '../start/settings.ts';
import { projectFolder } from '../support/program.ts';
import { registered, stranger, type Person } from '../support/person.ts';

process.on('SIGINT', () => {
  takeDown();
  process.exit(130);
});

try {
  await main();
  await checkHttps();
  console.log('\nThe site in containers works.');
} catch (error) {
  console.error(`\nFailed: ${(error as Error).stack}`);
  console.error(docker(['compose', '-p', project, 'ps', '--all'], { mayFail: true }));
  console.error(docker(['compose', '-p', project, 'logs', '--tail', '30'], { mayFail: true }));
  process.exitCode = 1;
} finally {
  takeDown();
}

function takeDown(): void {
  step('Takes everything down, volumes and image included');
  compose('down', '--volumes', '--rmi', 'local', '--timeout', '20');
  for (const kind of ['container', 'volume', 'network'])
    assert.equal(
      docker([kind, 'ls', '--quiet', '--filter', `label=com.docker.compose.project=${project}`]),
      '',
    );
}

/** Whatever people have: Compose 2, and 1.29 as Debian 12 has it. */
function checkVersions(): void {
  step('Needed: docker-compose 1.29 or docker compose 2, and Docker Engine 20.10, or later ones; here are');
  console.log(`  Docker Engine ${docker(['version', '--format', '{{.Server.Version}}'])}`);
  console.log(`  ${docker(['compose', 'version'])}`);
  compose('config', '--quiet');
  const debians = ['-f', 'docker-compose.yml', 'config', '--quiet'];
  const ran = spawnSync('docker-compose', debians, { cwd: projectFolder, env, encoding: 'utf8' });
  if (ran.error) console.log('  no docker-compose: whether 1.29 understands the file is not tried');
  else {
    assert.equal(ran.stderr + ran.stdout, '');
    console.log(
      `  ${spawnSync('docker-compose', ['version', '--short'], { encoding: 'utf8' }).stdout.trim()}, as docker-compose`,
    );
  }
}

/** What a service that cannot start says last. */
function refusalOf(service: string, name: string, value: string): string {
  try {
    compose('run', '--rm', '--no-deps', '--env', `${name}=${value}`, service);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`${service} starts with ${name}=${value}`);
}

async function main(): Promise<void> {
  checkVersions();

  step(`Builds the image and starts the site on ${url}`);
  compose('up', '--detach', '--build', '--wait', '--wait-timeout', '240');

  step('Two people register, write to each other, read and delete');
  const words = `words that belong to nobody else ${randomBytes(8).toString('hex')}`;
  const alice = await registered(url, 'alice');
  const bob = await registered(url, 'bob');
  await delivers(alice, bob, words);
  const action = deletionOf(await bob.get('/inbox'), words);
  assert.equal((await bob.submit('/inbox', {}, action)).status, 303);
  assert.ok(!(await bob.get('/inbox')).text.includes(words), 'deleted');

  step('The operator lists people, and makes a link with which one of them sets a password');
  const [app] = containersOf('app');
  const people = docker(['exec', app!, 'node', 'src/operator/run.ts', 'users', 'list', '--json']);
  assert.deepEqual(
    (JSON.parse(people) as { username: string }[]).map(({ username }) => username),
    ['alice', 'bob'],
  );
  const link = docker(['exec', app!, 'node', 'src/operator/run.ts', 'reset-link', 'bob']);
  assert.ok(link.startsWith(`${url}/reset/`));
  assert.equal((await stranger(url).get(new URL(link).pathname)).status, 200);

  step('No container runs as root, writes to its own files or has rights to spare; only nginx is reachable');
  for (const service of ['app', 'db', 'nginx']) checkConfinement(service);

  step('Three copies of the app: each of them serves');
  compose('up', '--detach', '--no-build', '--wait', '--scale', 'app=3');
  const copies = containersOf('app');
  assert.equal(copies.length, 3);
  await eventually('all three serve', async () => {
    for (let i = 0; i < 12; i++) assert.equal((await alice.get('/inbox')).status, 200);
    assert.equal(copies.filter((copy) => /"status":200/.test(logsOf(copy))).length, 3);
  });

  step('All copies share one key, which only their user can read, and which outlives them');
  const keyIn = (copy: string) =>
    docker(['exec', copy, 'sh', '-c', 'stat -c "%U %a" data/secret.key && sha256sum data/secret.key']);
  const key = keyIn(copies[0]!);
  assert.match(key, /^node 600\n/);
  assert.deepEqual(new Set(copies.map(keyIn)), new Set([key]));

  step('One copy is stopped, one is killed: every page and every message still arrives');
  docker(['stop', copies[0]!]);
  docker(['kill', copies[1]!]);
  for (let i = 0; i < 20; i++) await delivers(alice, bob, `${words} while two are away ${i}`);
  docker(['start', copies[0]!, copies[1]!]);
  compose('up', '--detach', '--no-build', '--wait', '--scale', 'app=3');

  step('The database is killed: people are told so, keep their words, and nothing sent is lost');
  await delivers(alice, bob, `${words} before the crash`);
  const form = await alice.hidden('/send');
  const unsent = { ...form, recipient: 'bob', body: `${words} typed during the crash` };
  docker(['kill', containersOf('db')[0]!]);
  const refused = await alice.post('/send', unsent);
  assert.equal(refused.status, 503);
  assert.equal(refused.$('textarea').text().trim(), unsent.body);
  docker(['start', containersOf('db')[0]!]);
  await eventually('sending works again', async () => {
    assert.equal((await alice.post('/send', unsent)).status, 303);
  });
  const page = await bob.get('/inbox');
  for (const text of [`${words} before the crash`, unsent.body]) assert.ok(page.text.includes(text), text);
  assert.equal(page.text.split(unsent.body).length, 2, 'delivered once');

  step('The app is away: nginx says so; the app is back: nginx finds it at its new address');
  let logs = compose('logs', '--no-color'); // those of the app go away with its containers
  compose('stop', 'app');
  const away = await alice.get('/inbox');
  assert.ok([502, 504].includes(away.status));
  assert.equal(away.$('meta[http-equiv=refresh]').length, 1);
  compose('up', '--detach', '--no-build', '--wait', '--force-recreate', '--scale', 'app=2', 'app');
  await eventually('the site is back', async () => assert.equal((await alice.get('/inbox')).status, 200));
  assert.equal(keyIn(containersOf('app')[0]!), key);

  step('Everything is stopped in order, and started again: what was sent is there');
  const seconds = timed(() => compose('stop'));
  assert.ok(seconds < 15, `stopped in ${seconds} s`);
  for (const id of containersOf('app')) assert.equal(inspect(id).State.ExitCode, 0);
  logs += compose('logs', '--no-color');
  compose('up', '--detach', '--no-build', '--wait');
  await eventually('the site is back', async () =>
    assert.ok((await bob.get('/inbox')).text.includes(`${words} before the crash`)),
  );

  step('No log holds a message, a password or a name');
  for (const line of ['"area":"/send"', '"route":"/send"', 'database system is ready'])
    assert.ok(logs.includes(line));
  for (const secret of [words.slice(0, 20), alice.password, 'alice', 'bob', link.slice(-20)])
    assert.ok(!logs.includes(secret), `"${secret}" stands in a log`);

  step('Every documented setting at once: the site serves; a wrong one is named in one line');
  const own = { HTTP_PORT: env.HTTP_PORT, HTTPS_PORT: env.HTTPS_PORT, DOMAIN: '' }; // https.ts tries DOMAIN
  for (const name of documentedSettings()) env[name] = samples[name]!.right.at(-1);
  Object.assign(env, own);
  compose('up', '--detach', '--no-build', '--wait', '--wait-timeout', '120');
  assert.equal((await stranger(url).get('/login')).status, 200);
  for (const [service, name, value] of [
    ['app', 'PUBLIC_URL', 'letters.example.org'],
    ['app', 'PUBLISHED_PORT', 'here:80'],
    ['nginx', 'FRONT_PROXY', '10.0.0.256'],
    ['nginx', 'FRONT_PROXY', '10.0.0.1;'],
  ] as const)
    assert.match(
      refusalOf(service, name, value),
      new RegExp(`Wrong settings: ${name === 'PUBLISHED_PORT' ? 'HTTP_PORT' : name} must [^\\n]+\\s*$`),
    );
}

/** Sends and sees that it arrived. */
async function delivers(from: Person, to: Person, words: string): Promise<void> {
  assert.equal((await from.send(to.username, words)).status, 303);
  assert.ok((await to.get('/inbox')).text.includes(words), 'arrived');
}

function checkConfinement(service: string): void {
  const [id] = containersOf(service);
  const { Config, HostConfig, NetworkSettings } = inspect(id!);
  assert.notEqual(docker(['exec', id!, 'id', '-u']), '0', `${service} runs as root`);
  assert.match(Config.User, /^(node|nginx|postgres)$/);
  assert.equal(HostConfig.ReadonlyRootfs, true);
  assert.notEqual(spawnSync('docker', ['exec', id!, 'touch', '/etc/written']).status, 0);
  assert.deepEqual(HostConfig.CapDrop, ['ALL']);
  assert.deepEqual(HostConfig.SecurityOpt, ['no-new-privileges:true']);
  const isPublished = Object.values(NetworkSettings.Ports).some(Boolean);
  assert.equal(isPublished, service === 'nginx');
  if (service === 'db') assert.equal(HostConfig.NetworkMode, 'none');
}
