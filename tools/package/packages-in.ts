import type { Metafile } from 'esbuild';
import type { LockedPackage } from '../supply-chain/lock-file.ts';

/** The packages with at least one file in what was built. */
export function packagesIn(built: readonly Metafile[], packages: readonly LockedPackage[]): LockedPackage[] {
  const folders = new Set(
    built.flatMap(({ inputs }) => Object.keys(inputs)).flatMap((file) => folderOfPackage(file) ?? []),
  );
  return packages.filter(({ path }) => folders.has(path));
}

/** `node_modules/a/node_modules/@b/c` of `node_modules/a/node_modules/@b/c/dist/x.js`. */
function folderOfPackage(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];
}
