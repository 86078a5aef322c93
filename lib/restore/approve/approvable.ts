import { jsonDigest } from '../../approval/digest.ts';
import type { Approvable } from '../../approval/records.ts';
import { shownUrl } from '../choose/presigned-urls.ts';
import { effectiveOptions, type RestoreInput } from '../input.ts';
import type { RestoreRequest } from '../target/suitability.ts';

/** What an approval of this restore is for: who is overwritten by which bytes, and how. */
export function approvableOf({ input, run, selection }: RestoreRequest, execution: string): Approvable {
  const { manager, snapshot, key, versionId, sourceTag, size, crc32 } = selection;
  const address = input.archiveUrl === undefined ? null : shownUrl(input.archiveUrl);
  return {
    manager: run.manager,
    restore: run.restore,
    execution,
    inputDigest: jsonDigest(input),
    archive: { manager, snapshot, key, versionId, address, sourceTag, size, crc32 },
    options: optionsOf(input),
  };
}

function optionsOf(input: RestoreInput): Approvable['options'] {
  const { purpose = 'recovery', tenantName } = input;
  return { purpose, ...effectiveOptions(input), ...(tenantName === undefined ? {} : { tenantName }) };
}
