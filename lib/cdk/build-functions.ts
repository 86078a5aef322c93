import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildResult } from 'esbuild';
import { stepNames } from '../base/step-names.ts';
import { fileOf } from '../workflow/steps.ts';

/** Of the checkout, or of the installed package: whatever is built from this file lies two folders below it. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** CommonJS packages in a bundle of ES modules look for `require`. */
export const REQUIRE = `import{createRequire as offsiteRequire}from'node:module';const require=offsiteRequire(import.meta.url);`;

/**
 * All functions in one run of esbuild, the SDK included, so that what runs is what was tested. What functions share is in
 * files of its own: 2 MB for all of them instead of 1.7 MB for each, one upload instead of twenty. Names follow from the
 * content, so the same code is the same asset. The handler of a step is `<file>.handler`. Without `write` only the result
 * tells what would be written.
 */
export function buildFunctions(folder: string, write = true): BuildResult<{ metafile: true }> {
  // Only a checkout has esbuild; the installed package has the functions themselves.
  const { buildSync } = createRequire(import.meta.url)('esbuild') as typeof import('esbuild');
  return buildSync({
    entryPoints: stepNames.map((step) => join(root, 'functions', `${fileOf(step)}.ts`)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'shared/[hash]',
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    minify: true,
    // Names of classes are names of errors in the state machines.
    keepNames: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    legalComments: 'none',
    logLevel: 'error',
    metafile: true,
    write,
    banner: { js: REQUIRE },
  });
}
