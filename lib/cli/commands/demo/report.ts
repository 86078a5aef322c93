import { join, resolve } from 'node:path';
import { SOFTWARE } from '../../../base/software.ts';
import { parseConfig } from '../../../config/offsite-config.ts';
import { makeReport } from '../../../report/make-report.ts';
import { periodOf } from '../../../report/model/period.ts';
import { pageAssets } from '../../../report/page/assets.ts';
import { expectedOf } from '../../../status/expected.ts';
import { allManagers } from '../../../status/managers.ts';
import { ArchiveBucket } from '../../../storage/archive-bucket.ts';
import type { Storage } from '../../inputs/storage.ts';
import { PageFiles } from '../../page-files.ts';
import type { Terminal } from '../../usage.ts';

/** The pages about what the demo has done, beside its archives. Gives the first. */
export async function writeDemoReport(
  manager: string,
  storage: Storage,
  { clock, interrupt }: Terminal,
): Promise<string> {
  const archive = new ArchiveBucket(storage.s3, storage.bucket, interrupt, storage.sealing);
  // Nobody exports it again, and yet a reader is to see what a target is.
  const config = parseConfig({ managers: [{ id: manager, schedule: null, alarmAfterHours: 31 }] });
  const period = periodOf(clock.now());
  const origin = { place: resolve(storage.place), installation: null, configured: true, software: SOFTWARE, period };
  const files = new PageFiles(join(storage.place, '..', 'report'), undefined);
  const expected = (one: string) => expectedOf(config, one, period.now);
  const managers = await allManagers(config, archive.records);
  const request = { archive, isFolder: true, config, origin, managers, expected, isDeployed: null };
  const { page } = await makeReport(request, async (made) => {
    await files.writeManager(made, pageAssets());
  });
  await files.writeFleet(await page(pageAssets(), files.hrefOf));
  return files.first;
}
