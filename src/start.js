// What npm starts: refuses a Node that cannot run TypeScript, in plain words, then hands over to main.ts.
import module from 'node:module';

const needed = 26;
if (Number.parseInt(process.versions.node, 10) < needed) {
  console.error(
    `This program needs Node ${needed} or later; this is ${process.version}. ` +
      'On Linux "npm ci" brings the right one along (unless it was told to omit optional packages) and "npm start" uses it.',
  );
  process.exit(1);
}
process.env.NODE_ENV ??= 'production';
module.enableCompileCache?.();
await import('./main.ts');
