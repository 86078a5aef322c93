import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { stepNames } from '../base/step-names.ts';
import type { FunctionConfig } from '../config/function-config.ts';
import { fileOf } from '../workflow/steps.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Beside the code, and what `OFFSITE_CONFIG_FILE` names. */
export const CONFIG_FILE = 'offsite.json';

/** CommonJS packages in a bundle of ES modules look for `require`. */
const REQUIRE = `import{createRequire as offsiteRequire}from'node:module';const require=offsiteRequire(import.meta.url);`;

/**
 * All functions in one run of esbuild, the SDK included, so that what runs is what was tested. What functions share is in
 * files of its own: 2 MB for all of them instead of 1.7 MB for each, one upload instead of twenty. Names follow from the
 * content, so the same code is the same asset. Returns the folder; the handler of a step is `<file>.handler`.
 */
export function bundleFunctions(config: FunctionConfig): string {
  const folder = mkdtempSync(join(tmpdir(), 'offsite-functions-'));
  buildSync({
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
    banner: { js: REQUIRE },
  });
  writeFileSync(join(folder, CONFIG_FILE), `${JSON.stringify(config, null, 1)}\n`);
  return folder;
}
