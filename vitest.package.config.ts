import { defineConfig } from 'vitest/config';

/** Packs and installs the package, and runs it on the oldest and the newest Node: two minutes, and Node from the registry. */
export default defineConfig({
  test: { include: ['test/package/*.package.ts'], testTimeout: 180_000, hookTimeout: 300_000 },
});
