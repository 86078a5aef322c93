import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
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

/**
 * `npm run test:long`, ten minutes that `npm test` leaves out: one thing broken at a time, at every place and by every kill;
 * hazards; long histories; and stacks, which are synthesized for each case. Without a project named, all of them run.
 */
const LONG = [
  'test/{faults,stack,year}/**/*.test.ts',
  'test/**/killed.test.ts',
  'test/catalogue/catalogue.test.ts',
  'test/cli/{adopt,archive-index,archives,aws-approve,damaged-records,emptied-folder,lesser-stores}.test.ts',
  'test/cli/{older-bucket,one-document,replica,signatures,terminal,unmounted}.test.ts',
  'test/copy/*.test.ts',
  'test/export/{drift-run,hazards,hazards-wire,interrupt}.test.ts',
  'test/folder-s3/failing-disk.test.ts',
  'test/notify/targets.test.ts',
  'test/report/audit.test.ts',
  'test/reconcile/{expiry,reconcile,repair,year}.test.ts',
  'test/restore/{approval-bypass,full-disk,hazards,redrive}.test.ts',
  'test/restore/target/handover.test.ts',
  'test/restore/choose/forged*.test.ts',
  'test/retention/{property,runs}.test.ts',
  'test/verification/{limits,verification}.test.ts',
  'test/workflow/limits.test.ts',
  'test/zip/python.test.ts',
];
const long = globSync(LONG, { cwd: import.meta.dirname });
const quick = globSync(ALL, { cwd: import.meta.dirname }).filter((file) => !long.includes(file));

/** One process for many files, since loading and warming up the same code for each took a quarter of the CPU time; others alone. */
const projects = Object.entries({ quick, long }).flatMap(([name, files]) => {
  const together = files.filter((file) => !alone.includes(file));
  return [
    { extends: true, test: { name, include: together, isolate: false } },
    { extends: true, test: { name: `${name}, alone`, include: files.filter((file) => alone.includes(file)) } },
  ] as const;
});

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
    // A part of the time goes to sockets: two workers leave a tenth of two cores idle, three nothing.
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    // The machine may be small and shared: a slow run must not look like a defect. Nothing waits for real time.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    projects: [...projects],
  },
});
