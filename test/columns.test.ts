// No line of the source, the views and the public files is longer than 120 columns.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectFolder } from './support/program.ts';

test.each(['src', 'views', 'public'])('no line in %s is longer than 120 columns', (folder) => {
  const files = globSync(`${folder}/**/*.{ts,js,ejs,css}`, { cwd: projectFolder });
  expect(files.length).toBeGreaterThan(3);
  const tooLong = files.flatMap((file) =>
    readFileSync(join(projectFolder, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => (Array.from(line).length > 120 ? [`${file}:${index + 1}`] : [])),
  );
  expect(tooLong).toEqual([]);
});
