import { defineConfig } from 'vitest/config';

/** Programs of others judge the template and the state machines; needs Python and PyPI. */
export default defineConfig({
  test: {
    include: ['test/lint-aws/*.lint.ts'],
    globalSetup: 'test/lint-aws/install.ts',
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
