import { writeFileSync } from 'node:fs';
import { type LockedPackage, lockedPackages } from './lock-file.ts';

const root = new URL('../../', import.meta.url);

/** The page with every package that is installed to run the product, and its licence. */
export function licencesPage(packages: readonly LockedPackage[]): string {
  const installed = packages.filter(({ isDevelopment }) => !isDevelopment);
  const rows = installed.map(({ name, version, license }) => `| ${name} | ${version} | ${license} |`);
  return [
    '# Licences of the packages',
    '',
    'This table lists every package that is installed to run the product. Packages for development are not listed.',
    '`npm run licences` generates it from `package-lock.json`.',
    '',
    '| Package | Version | Licence |',
    '| --- | --- | --- |',
    ...[...new Set(rows)].sort(),
    '',
  ].join('\n');
}

if (import.meta.main) {
  writeFileSync(new URL('docs/licences.md', root), licencesPage(lockedPackages(new URL('package-lock.json', root))));
}
