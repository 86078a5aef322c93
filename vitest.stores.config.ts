import { defineConfig } from 'vitest/config';

/** Run by test/stores/main.ts, once for each store and kind of bucket. */
export default defineConfig({
  test: { include: ['test/stores/*.stores.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
});
