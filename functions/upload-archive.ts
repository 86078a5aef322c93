import { UploadMismatch } from '../lib/base/errors.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { ArchiveUpload, type UploadOutcome } from '../lib/manager/archive-upload.ts';
import { sourceOf } from '../lib/restore/choose/archive-source.ts';
import { selectedRanges } from '../lib/restore/choose/selected-ranges.ts';
import { requireManifestsBytes } from '../lib/restore/choose/stored-spans.ts';
import { uploadPath, uploadUrlOf } from '../lib/restore/choose/transfer-method.ts';
import { verifiedSource } from '../lib/restore/choose/verified-source.ts';
import { unseenNodes } from '../lib/restore/state.ts';
import { inTime } from '../lib/restore/watch/time-limit.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Hands the archive to the manager, which fetches it from a signed URL or gets it as a stream. Looks for its own snapshot
 * first: an attempt whose answer was lost has done all that is to be done. What a failure leaves is removed by the next
 * attempt or by TidyTarget. Throws `ArchiveDamaged` when storage gives other bytes than the manifest's, before the manager
 * has all of them, and `UploadMismatch` when the manager took the archive for good at another size.
 */
export const uploadArchive = defineStep(
  'UploadArchive',
  async ({ input, run, selection, method, compared }, allDeps) => {
    // A stream has a limit of its own, and on one machine none.
    const deps = method === 'url' ? inTime('UploadArchive', allDeps) : allDeps;
    const { manager, node, snapshot } = run;
    const { size } = selection;
    const isTrusted = method === 'url' && input.trustStorage === true;
    if (method === 'url' && selection.from === 'bucket' && !isTrusted) {
      requireManifestsBytes(selection, compared ?? [], deps.clock.now());
    }
    const target = { manager, node, tenant: input.tenantName, snapshot, size };
    const upload = new ArchiveUpload(deps.managers, target, deps.settings.uploadTimeoutMs);
    const send = async (): Promise<UploadOutcome> => {
      if (method === 'stream') {
        const ranges = (await selectedRanges(selection, deps)) ?? [];
        const source = verifiedSource(await sourceOf(input, selection, deps), selection, ranges, deps.clock.now());
        return await upload.byBody(source, (count) => deps.progress.bytes('uploaded', count));
      }
      const url = await uploadUrlOf(input, selection, deps);
      return await upload.byUrl(uploadPath(run, url), url);
    };

    const notes: string[] = [];
    const before = await upload.look();
    if (before.state === 'whole') {
      notes.push(`An earlier attempt had uploaded snapshot ${snapshot} to manager ${manager}.`);
    } else {
      if (before.state === 'other') {
        await upload.remove();
        notes.push(`An earlier attempt had left part of snapshot ${snapshot} on manager ${manager}; it was removed.`);
      }
      notes.push(...(NOTES[await send()]?.(snapshot) ?? []));
      const after = await upload.look();
      // Now, and not in CheckUpload: after an upload by URL it may still be streamed. A node behind a load balancer may not
      // have the file of the one that took it yet (contract.md §2.6); CheckUpload waits for that.
      const isOnItsWay = after.state === 'other' && after.size === undefined && unseenNodes(run) > 0;
      if (after.state === 'other' && !isOnItsWay) {
        const stored = after.size === undefined ? 'no file' : `${after.size} bytes`;
        throw new UploadMismatch(
          `Manager ${manager} took the upload of ${snapshot} for good but has stored ${stored} instead of ${size} bytes. Nothing was restored. Older managers do not notice when a URL's body ends early; the method "stream" has no such gap.`,
        );
      }
    }
    const storage = selection.crc32 === null ? 'no manifest' : isTrusted ? 'trusted' : 'all';
    return {
      method,
      size,
      uploadedAt: deps.clock.now().toISOString(),
      compared: { storage, upload: null, uploadBytes: 0 },
      notes,
    };
  },
);

/** What a person should know of how it went. */
const NOTES: Partial<Record<UploadOutcome, (snapshot: string) => string[]>> = {
  replaced: (snapshot) => [
    `The manager had a snapshot ${snapshot} already and replaced its file: it answered without a snapshot.`,
  ],
  existing: (snapshot) => [`The manager says that it had snapshot ${snapshot} already; its file has the right size.`],
  unanswered: (snapshot) => [`The manager gave no valid answer to the upload of ${snapshot}, but has stored it.`],
};

export const handler = toHandler(uploadArchive, runtime);
