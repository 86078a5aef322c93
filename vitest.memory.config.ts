import { defineConfig } from 'vitest/config';

/** Minutes and 10 GiB of disk: not for every `npm test`. */
export default defineConfig({
  test: {
    include: ['test/memory/*.memory.ts'],
    globalSetup: 'test/memory/packed.ts',
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
