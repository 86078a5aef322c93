import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { mutate } from './test/support/mutants.ts';

const ALL = 'test/**/*.test.ts';

const HASTY = `${import.meta.dirname}/test/support/hasty-interpreter.ts`;

/** What a file of tests does to its process: modules replaced, the environment, standard output, mutants; or its heap is measured. */
const CHANGES_ITS_PROCESS =
  /\bvi\.(mock|doMock|resetModules|stubEnv|stubGlobal|useFakeTimers|spyOn)\(|process\.env|\?mutant=|deployed-world|heapInUse/;
const alone = globSync(ALL, { cwd: import.meta.dirname }).filter((file) =>
  CHANGES_ITS_PROCESS.test(readFileSync(file, 'utf8')),
);

export default defineConfig({
  plugins: [
    // Modules with a fault planted in them, for tests that must find it.
    { name: 'mutants', enforce: 'pre', transform: (text, id) => mutate(id, text) },
    // No test waits for the seconds between two tries.
    {
      name: 'hasty',
      enforce: 'pre',
      resolveId: (id, from) => (id === 'aws-local-stepfunctions' && from !== HASTY ? HASTY : undefined),
    },
  ],
  test: {
    globalSetup: './test/support/run-folder.ts',
    // Half of the time goes to sockets: a core is not busy with one worker. The default leaves a core to watch mode.
    maxWorkers: '100%',
    // The machine may be small and shared: a slow run must not look like a defect. Nothing waits for real time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      // One process for many files: loading and warming up the same code for each took a quarter of the CPU time.
      { extends: true, test: { name: 'together', include: [ALL], exclude: alone, isolate: false } },
      { extends: true, test: { name: 'alone', include: alone } },
    ],
  },
});
