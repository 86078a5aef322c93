import { defineConfig } from 'vitest/config';
import { mutate } from './test/support/mutants.ts';

export default defineConfig({
  // Modules with a fault planted in them, for tests that must find it.
  plugins: [{ name: 'mutants', enforce: 'pre', transform: (text, id) => mutate(id, text) }],
  test: {
    include: ['test/**/*.test.ts'],
    // Half of the time goes to sockets: a core is not busy with one worker. The default leaves a core to watch mode.
    maxWorkers: '100%',
    // The machine may be small and shared: a slow run must not look like a defect. Nothing waits for real time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
