import { defineConfig } from 'vitest/config';

/** Needs Python and PyPI, and takes minutes of real time: not for every `npm test`. docs/how-to/testing-aws.md */
export default defineConfig({
  test: {
    include: ['test/aws/*.aws.ts'],
    globalSetup: 'test/aws/install.ts',
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Two emulators at once would be slower, and their times say less.
    fileParallelism: false,
  },
});
