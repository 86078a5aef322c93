import { OffsiteError, StorageRefused } from '../lib/base/errors.ts';
import { messageOf } from '../lib/base/failure-text.ts';
import { retryOrError } from '../lib/base/retry.ts';
import { isDamage } from '../lib/catalogue/damage.ts';
import { readRecord } from '../lib/catalogue/read-record.ts';
import type { MarkRecord } from '../lib/catalogue/records.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { retain } from '../lib/retention/retain.ts';
import { keysOf } from '../lib/storage/layout.ts';
import { archiveOf, type Verdict } from '../lib/verification/state.ts';
import type { InputOf } from '../lib/workflow/contracts.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';
import { crc32OfShares } from '../lib/zip/crc32.ts';
import { crc32Again } from '../lib/zip/crc32-again.ts';
import { changedText, sharesOf } from '../lib/zip/whole-archive.ts';

type Input = InputOf<'MarkArchive'>;
type Read = Extract<Input, { outcome: 'read' }>;
type Failed = Extract<Input, { outcome: 'failed' }>;

/**
 * Writes down how an archive was found, last of all. Sound: that every byte was read says more than any earlier word of
 * damage, which it replaces. Damaged: only for what says something about the bytes themselves; an archive that nobody
 * could read just now keeps the mark that it has.
 */
export const markArchive = defineStep(
  'MarkArchive',
  async (input, deps): Promise<Verdict> =>
    input.outcome === 'read' ? await read(input, deps) : await failed(input, deps),
);

async function read({ archive, inspection, verified, execution }: Read, deps: Deps): Promise<Verdict> {
  const { stored, memberCount, spans } = inspection;
  const sum = (field: 'members' | 'bytes') => verified.reduce((total, span) => total + span[field], 0);
  // Another verification with spans of its own came in between: what was read is not everything for sure.
  if (sum('members') !== memberCount || verified.length !== spans.length) {
    return { verdict: 'unread', bytes: sum('bytes'), error: 'VerificationIncomplete' };
  }
  const shares = sharesOf(verified);
  const found = shares && crc32OfShares(shares);
  // Of several spans nobody can tell which was read wrong, and one bad read condemns no archive: all of it is read again.
  if (found !== undefined && found !== stored.crc32) {
    const { manager, snapshot } = archiveOf(archive);
    const { archive: key } = keysOf(manager, snapshot);
    const { signal, progress } = deps;
    const onBytes = (bytes: number) => progress.bytes('verified', bytes);
    const source = deps.archive.source(key, stored.versionId, stored.size);
    const again = await crc32Again(source, { size: stored.size, signal, onBytes });
    if (again === found) {
      const message = changedText(key, stored, found);
      return await damaged(
        archive,
        { versionId: stored.versionId, error: 'ChecksumMismatch', message, execution },
        deps,
      );
    }
    if (again !== stored.crc32) return { verdict: 'unread', bytes: sum('bytes'), error: 'ChecksumMismatch' };
  }
  await mark(archive, { versionId: stored.versionId, result: 'sound', execution }, deps);
  await tagAnew(archive, deps);
  return { verdict: 'good', bytes: sum('bytes') };
}

/**
 * An inspection that was written anew has no tag. Of a manager that is configured no more nobody else gives it one, nor
 * of an archive that goes this very day: then it would stay for ever. It gets that of its manifest.
 */
async function tagAnew(ref: string, deps: Deps): Promise<void> {
  const { manager, snapshot } = archiveOf(ref);
  const { inspection, manifest } = keysOf(manager, snapshot);
  const { protection } = deps.archive;
  const work = async () => {
    const own = await protection.tagsOf({ key: inspection });
    if (!own || own.tags['expire'] !== undefined) return;
    const expire = (await protection.tagsOf({ key: manifest }))?.tags['expire'];
    if (expire === undefined) return;
    if (!(await protection.tag({ key: inspection, versionId: own.versionId }, { ...own.tags, expire })))
      throw new StorageRefused('storage does not find the version whose tags it showed.');
  };
  const done = await retryOrError(work, deps);
  if (done instanceof OffsiteError)
    deps.log.warn(`${inspection} has no tag yet: ${done.message}`, { manager, snapshot });
}

async function failed({ archive, failure, execution }: Failed, deps: Deps): Promise<Verdict> {
  const { Error: error } = failure;
  if (!isDamage(error)) return { verdict: 'unread', bytes: 0, error };
  const { manager, snapshot } = archiveOf(archive);
  const manifest = (await readRecord('manifest', { manager, snapshot }, deps.archive.records))?.value;
  // Archive and manifest are gone: retention, between the choice and now.
  if (!manifest) return { verdict: 'expired', bytes: 0 };
  const message = deps.redactor.clean(messageOf(failure));
  const { versionId } = manifest.archive;
  return await damaged(archive, { versionId, error, message, execution }, deps);
}

async function damaged(
  archive: string,
  reading: Omit<Reading, 'result'> & { readonly error: string },
  deps: Deps,
): Promise<Verdict> {
  await mark(archive, { ...reading, result: 'damaged' }, deps);
  // It counts no more: an older one that was let go for its sake has to stay.
  await retain(archiveOf(archive).manager, deps);
  return { verdict: 'damaged', bytes: 0, error: reading.error };
}

type Reading = Pick<MarkRecord, 'versionId' | 'result' | 'error' | 'message' | 'execution'>;

async function mark(ref: string, found: Reading, deps: Deps): Promise<void> {
  const archive = archiveOf(ref);
  const checkedAt = deps.clock.now().toISOString();
  const record: MarkRecord = { schema: 'cloudify-offsite/mark/1', ...archive, ...found, checkedAt };
  await deps.archive.records.write(keysOf(archive.manager, archive.snapshot).mark, record, 'any');
}

export const handler = toHandler(markArchive, runtime);
