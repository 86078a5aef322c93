import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The machine may be small and shared: a slow run must not look like a defect. Nothing waits for real time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
