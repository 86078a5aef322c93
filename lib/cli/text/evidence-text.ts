import { OffsiteError } from '../../base/errors.ts';
import type { RestoreResult } from '../../local/restore.ts';
import { RestoreEvidence } from '../../restore/prove/evidence-record.ts';
import { ArchiveBucket } from '../../storage/archive-bucket.ts';
import type { Storage } from '../inputs/storage.ts';
import { formatAge, formatBytes, formatSeconds, type Terminal } from '../usage.ts';
import { localTime } from './local-time.ts';
import { methodText, secondsBetween, type TextRow } from './rows.ts';

/** What is recorded of a restore that is over. The run was told already, so what cannot be read is left out. */
export async function readEvidence(result: RestoreResult, storage: Storage): Promise<RestoreEvidence | undefined> {
  if (result.outcome === 'planned' || result.evidence === null) return undefined;
  const { records } = new ArchiveBucket(storage.s3, storage.bucket, new AbortController().signal, storage.sealing);
  try {
    return (await records.read(result.evidence, RestoreEvidence))?.value;
  } catch (error) {
    if (error instanceof OffsiteError) return undefined;
    throw error;
  }
}

export function evidenceRows(evidence: RestoreEvidence, clocks: Pick<Terminal, 'timeZone'>): TextRow[] {
  const { archive, passedOver, method, phases, verification, times } = evidence;
  const rows: TextRow[] = [];
  if (archive) {
    const age =
      archive.takenAt === null
        ? ''
        : `, taken ${localTime(archive.takenAt, clocks)}, ${formatAge(secondsBetween(archive.takenAt, times.started))} old`;
    const written = `${archive.format} format of Cloudify Manager ${archive.snapshotVersion}`;
    rows.push(['Archive', `${formatBytes(archive.size)}${age}, ${written}`]);
  }
  if (passedOver) {
    const skipped = passedOver.map(({ snapshot, error }) => `${snapshot} (${error})`).join(', ');
    rows.push(['Skipped', `${skipped}: this is NOT the newest archive`]);
  }
  if (method) rows.push(['Method', methodText(method)]);
  const known = Object.entries(phases).filter((phase): phase is [string, number] => phase[1] !== null);
  rows.push(['Phases', known.map(([name, seconds]) => `${name} ${formatSeconds(seconds)}`).join(', ')]);
  if (verification) rows.push(['Verified', verifiedText(verification)]);
  return rows;
}

function verifiedText(verification: NonNullable<RestoreEvidence['verification']>): string {
  const { compared, notCompared, differenceCount, after, entityErrors } = verification;
  const agree = differenceCount === 0 ? 'agree with the archive' : `compared, ${differenceCount} differences`;
  const unseen = notCompared.length > 0 ? `; not compared: ${notCompared.join(', ')}` : '';
  const errors = entityErrors > 0 ? `; the manager logged ${entityErrors} errors` : '';
  return `${compared.length} types in ${after.tenants ?? 0} tenants ${agree}${unseen}${errors}`;
}
