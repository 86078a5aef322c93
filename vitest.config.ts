import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Half of the time goes to sockets: a core is not busy with one worker. The default leaves a core to watch mode.
    maxWorkers: '100%',
    // The machine may be small and shared: a slow run must not look like a defect. Nothing waits for real time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
