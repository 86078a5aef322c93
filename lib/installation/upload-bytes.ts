import { OffsiteError } from '../base/errors.ts';
import type { ArchiveBucket } from '../storage/archive-bucket.ts';
import { keysOf } from '../storage/layout.ts';

/** The part of a copying state's input that says which upload it fills. */
interface Copying {
  readonly run?: { readonly manager?: string; readonly snapshot?: string };
  readonly plan?: { readonly transfer?: { readonly uploadId?: string } };
}

/** 1,000 parts a request: an upload of 10,000 is asked for at every tenth look only. */
const PARTS_A_LOOK = 1000;

/**
 * Bytes that storage holds of an open upload, by its list of parts. Undefined while it cannot be told: not allowed to list
 * them (s3:ListMultipartUploadParts), or the upload is not open any more. Who only watches is not stopped by that.
 */
export function uploadedBytes(archive: ArchiveBucket): (input: unknown) => Promise<number | undefined> {
  let looksLeft = 0;
  return async (input) => {
    const { run, plan } = (input ?? {}) as Copying;
    if (!run?.manager || !run.snapshot || !plan?.transfer?.uploadId) return undefined;
    looksLeft -= 1;
    if (looksLeft > 0) return undefined;
    try {
      let [sum, parts] = [0, 0];
      for await (const { size } of archive.multipart.listParts(
        keysOf(run.manager, run.snapshot).archive,
        plan.transfer.uploadId,
      )) {
        sum += size;
        parts += 1;
      }
      looksLeft = Math.ceil(parts / PARTS_A_LOOK);
      return sum;
    } catch (error) {
      if (error instanceof OffsiteError) return undefined;
      throw error;
    }
  };
}
