import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isUsableVersionId, openAdoption } from '../../../../folder-s3/adopt.ts';
import { type AdoptReport, adoptFolder } from '../../../local/adopt.ts';
import type { Given } from '../../command.ts';
import { LOCAL_DIR } from '../../inputs/destination.ts';
import { sealingOf } from '../../inputs/signing.ts';
import { LOCAL_BUCKET, whenFree } from '../../inputs/storage.ts';
import { EXIT, formatBytes, type Terminal, UsageError } from '../../usage.ts';
import type { adoptLiteral } from './command.ts';

/** `offsite adopt`: a folder that was copied without its hidden records can be used again. */
export async function adoptCommand(given: Given<typeof adoptLiteral>, terminal: Terminal): Promise<number> {
  const dir = resolve(given.from ?? LOCAL_DIR);
  if (!existsSync(join(dir, LOCAL_BUCKET))) {
    throw new UsageError(`--from ${dir}: holds no archives (there is no ${join(dir, LOCAL_BUCKET)}).`);
  }
  const sealing = await sealingOf(given, { place: dir, writes: false }, terminal);
  const isDryRun = given.dryRun === true;
  const folder = await whenFree(() => openAdoption(dir, LOCAL_BUCKET, isDryRun), terminal);
  try {
    const now = terminal.clock.now();
    const report = await adoptFolder(folder, { sealing, isDryRun, signal: terminal.interrupt, now, isUsableVersionId });
    const { isDryRun: dryRun, ...rest } = report;
    const document = { ...rest, dryRun, place: dir };
    terminal.out.write(given.json ? `${JSON.stringify(document, null, 2)}\n` : textOf(report, dir));
    return report.outcome === 'incomplete' ? EXIT.failed : EXIT.ok;
  } finally {
    await folder.close();
  }
}

function textOf({ outcome, isDryRun, adopted, refused, missing, foreign, lost }: AdoptReport, dir: string): string {
  const count = `${adopted.archives} archives and ${adopted.records} records (${formatBytes(adopted.bytes)})`;
  const done = isDryRun ? `Would adopt ${count} in ${dir}; nothing was changed.` : `Adopted ${count} in ${dir}.`;
  return [
    outcome === 'nothing to adopt' ? `Nothing to adopt in ${dir}: the hidden records know every file.` : done,
    ...[...refused, ...missing].map(({ key, why }) => `Not adopted: ${key} ${why}`),
    ...foreign.map((key) => `Left as it is: ${key} is nothing of this product.`),
    ...lost.map((what) => `Lost with the hidden files: ${what}`),
    '',
  ].join('\n');
}
