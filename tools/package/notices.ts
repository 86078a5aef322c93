import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LockedPackage } from '../supply-chain/lock-file.ts';

/** Names and licence texts of the packages that are inside ours: most licences demand that their text comes along. */
export function notices(root: string, shipped: readonly LockedPackage[]): string {
  return shipped
    .map(({ path, name, version, license }) => {
      const folder = join(root, path);
      const texts = readdirSync(folder)
        .filter((file) => /^(licen[cs]e|notice)/i.test(file))
        .map((file) => readFileSync(join(folder, file), 'utf8').trim());
      return [`${name} ${version} (${license})`, ...texts].join('\n\n');
    })
    .join(`\n\n${'='.repeat(80)}\n\n`);
}
