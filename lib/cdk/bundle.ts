import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FunctionConfig } from '../config/function-config.ts';
import { PAGE_FILE } from '../report/page/assets.ts';
import { buildPage } from '../report/page/build-page.ts';
import { buildFunctions, root } from './build-functions.ts';

/** Beside the code, and what `OFFSITE_CONFIG_FILE` names. */
export const CONFIG_FILE = 'offsite.json';

/** The functions of the package are built when it is packed: tools/package/build.ts puts them there. */
export const BUILT_FUNCTIONS = 'dist/functions';

/** Code and configuration of all functions, in a folder of its own, which it returns. */
export function bundleFunctions(config: FunctionConfig): string {
  const folder = mkdtempSync(join(tmpdir(), 'offsite-functions-'));
  // A checkout may also have built functions, of an earlier state of its sources.
  const code = existsSync(join(root, 'functions')) ? builtNow() : join(root, BUILT_FUNCTIONS);
  cpSync(code, folder, { recursive: true });
  writeFileSync(join(folder, CONFIG_FILE), `${JSON.stringify(config, null, 1)}\n`);
  return folder;
}

let built: string | undefined;

/** Built once in a process, whatever number of stacks it has: seconds each. */
function builtNow(): string {
  if (built !== undefined) return built;
  const folder = mkdtempSync(join(tmpdir(), 'offsite-functions-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  buildFunctions(folder);
  writeFileSync(join(folder, PAGE_FILE), JSON.stringify(buildPage()));
  built = folder;
  return folder;
}
