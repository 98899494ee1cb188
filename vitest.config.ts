import { defineConfig } from 'vitest/config';
import LongestFirst from './test/support/longest-first.ts';

// What starts the program, a browser or a proxy, looks at plans or installs packages.
const system = [
  'test/{browser,docker,faults,install,nginx,plans,start,supply}/**/*.test.ts',
  'test/**/nginx.test.ts',
  'test/**/{crash,memory,pooler,process,program}.test.ts',
];
const shared = {
  // Test files share processes, whose modules are loaded and warm: 126 instead of 189 CPU seconds for 36 files of rules.
  isolate: false,
  // They end what hangs; no test fails because a machine is slow.
  testTimeout: 300_000,
  hookTimeout: 300_000,
  expect: { poll: { timeout: 30_000 } },
};

export default defineConfig({
  test: {
    // Node itself loads the program, as it does for users: 101 CPU seconds for the same 36 files.
    experimental: { viteModuleRunner: false, nodeLoader: false },
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
