import { readFileSync } from 'node:fs';

/** One package of package-lock.json, as far as the supply chain is concerned. */
export interface LockedPackage {
  /** Where it is installed: `node_modules/undici`. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** SHA-512 of its tarball; undefined for one that comes inside the tarball of another. */
  readonly integrity: string | undefined;
  readonly isBundled: boolean;
  readonly hasInstallScript: boolean;
}

interface LockEntry {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly inBundle?: boolean;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
}

/** Every package that `npm ci` installs, on any platform. */
export function lockedPackages(file: string | URL): LockedPackage[] {
  const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, LockEntry> };
  return (
    Object.entries(lock.packages)
      // Our own workspace is here twice: as a folder, and as a link to it.
      .filter(([path, { link }]) => path.startsWith('node_modules/') && link !== true)
      .map(([path, entry]) => ({
        path,
        name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
        version: entry.version,
        license: entry.license ?? 'unknown',
        integrity: entry.integrity,
        isBundled: entry.inBundle === true,
        hasInstallScript: entry.hasInstallScript === true,
      }))
  );
}
