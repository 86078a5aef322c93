import { defineConfig } from 'vitest/config';

/** Run by test/report/main.ts, which finds or installs a browser. */
export default defineConfig({
  test: { include: ['test/report/*.browser.ts'], testTimeout: 60_000, hookTimeout: 120_000 },
});
