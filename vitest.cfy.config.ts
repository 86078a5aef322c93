import { defineConfig } from 'vitest/config';

/** Needs Python 3.11 and PyPI: not for every `npm test`. The vendor's client against the simulated manager. */
export default defineConfig({
  test: {
    include: ['test/cfy/*.cfy.ts'],
    globalSetup: 'test/cfy/install.ts',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
