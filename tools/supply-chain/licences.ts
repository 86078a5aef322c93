import { writeFileSync } from 'node:fs';
import { shippedPackages } from '../package/build.ts';
import type { LockedPackage } from './lock-file.ts';

const root = new URL('../../', import.meta.url);

/** The page with every package whose code is in ours, and its licence. */
export function licencesPage(shipped: readonly LockedPackage[]): string {
  const rows = shipped.map(({ name, version, license }) => `| ${name} | ${version} | ${license} |`);
  return [
    '# Licences of the packages',
    '',
    'This table lists every package whose code is part of the package that you install, the functions included. Packages that',
    'serve development alone are not listed. `npm run licences` generates it from what is built. The texts of the licences are',
    'in `dist/NOTICES.txt` of the package.',
    '',
    '| Package | Version | Licence |',
    '| --- | --- | --- |',
    ...[...new Set(rows)].sort(),
    '',
  ].join('\n');
}

if (import.meta.main) {
  writeFileSync(new URL('docs/reference/licences.md', root), licencesPage(shippedPackages()));
}
