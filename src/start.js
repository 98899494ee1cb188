// Starts a program with the Node from node_modules, whichever Node npm runs on: node src/start.js [FILE [ARGUMENT…]]
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import module from 'node:module';
import { constants } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

// npm 9 and 10 lose the link node_modules/.bin/node. Plain JavaScript for any Node that they run on.
const needed = 26;
const isRight = Number.parseInt(process.versions.node, 10) >= needed;
const brought = fileURLToPath(
  new URL(`../node_modules/node-linux-${process.arch}/bin/node`, import.meta.url),
);
const [first, ...rest] = process.argv.slice(2);

if (isRight && !first?.startsWith('-'))
  await run(first ?? fileURLToPath(new URL('main.ts', import.meta.url)));
else if (isRight) become(process.execPath, [first, ...rest]);
else if (existsSync(brought) && realpathSync(brought) !== process.execPath)
  become(brought, process.argv.slice(1));
else {
  console.error(
    `This program needs Node ${needed} or later; this is ${process.version}. On Linux (x64 or arm64) "npm ci" ` +
      'installs it unless optional packages are omitted; elsewhere, install it yourself.',
  );
  process.exit(1);
}

/** Runs the file in this process, as if Node had been told to. */
async function run(file) {
  // Dropping root clears the parent-death signal set below (prctl(2)); the closed channel stands in for it.
  if (!first) process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.argv = [process.argv[0], resolve(file), ...rest];
  // By default it is in /tmp, where another user could put code for us.
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)));
  await import(pathToFileURL(resolve(file)).href);
}

/** Turns this process into that Node (Node 22.15 or later), or into one that only stands for it. */
function become(node, args) {
  const command = [node, ...process.execArgv, ...args];
  if (process.execve) process.execve(node, command, process.env);
  // Killed, it takes the program with it: prctl(2), PR_SET_PDEATHSIG.
  if (existsSync('/usr/bin/setpriv')) command.unshift('/usr/bin/setpriv', '--pdeathsig', 'KILL', '--');
  const stdio = ['inherit', 'inherit', 'inherit', ...(first ? [] : ['ipc'])];
  const child = spawn(command[0], command.slice(1), { stdio });
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR2'])
    process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    console.error(`private-messages: ${node} does not run here: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 128 + constants.signals[signal] : code;
    if (!signal) process.exit();
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
