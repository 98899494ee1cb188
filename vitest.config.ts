import { defineConfig } from 'vitest/config';
import LongestFirst from './test/support/longest-first.ts';

// What starts the program, a browser or a proxy, looks at plans or installs packages.
const system = [
  'test/{browser,docker,faults,install,nginx,plans,start,supply}/**/*.test.ts',
  'test/**/nginx.test.ts',
  'test/**/{crash,memory,pooler,process,program}.test.ts',
];
const shared = { testTimeout: 60_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    globalSetup: 'test/support/postgres.ts',
    setupFiles: 'test/support/check-statements.ts',
    reporters: ['default', './test/support/closing-line.ts'],
    // One more than the cores of a small machine: many tests wait.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...shared, name: 'system', include: system } },
      { test: { ...shared, name: 'rules', include: ['test/**/*.test.ts'], exclude: system } },
    ],
  },
});
