import { open } from 'node:fs/promises';
import type { Operation } from '../http/request.ts';

/**
 * What can go wrong, on purpose:
 * - `slowDown` 503, `internalError` 500, `accessDenied` 403: refused before anything is done
 * - `conflict` 409: likewise. S3 says so of a conditional write while another one, maybe our own first try, is under way
 * - `errorInside200`: status 200 with an `<Error>` as body, nothing done. S3 does this on CompleteMultipartUpload
 * - `refuseInMidBody` 403 `NotWritable`, when the first piece of the body has come and the others are still to come
 * - `resetBefore`: the connection is cut before anything is done
 * - `lostResponse`: the work is done, then the connection is cut without an answer
 * - `corruptStored`: the answer is success, and one byte of what was stored flips afterwards (bit rot)
 * - `truncateRead`: a GET announces its full length, sends half, and is cut
 * - `corruptRead`: one bit flips in the middle of what a GET sends; what is stored stays right
 */
export type FaultKind =
  | 'slowDown'
  | 'internalError'
  | 'accessDenied'
  | 'conflict'
  | 'errorInside200'
  | 'refuseInMidBody'
  | 'resetBefore'
  | 'lostResponse'
  | 'corruptStored'
  | 'truncateRead'
  | 'corruptRead';

/** What a fault may be matched on. */
export interface FaultTarget {
  readonly operation: Operation;
  readonly bucket: string;
  readonly key: string;
  readonly partNumber?: number;
  readonly uploadId?: string;
  readonly versionId?: string;
}

/** @example { operation: 'UploadPart', kind: 'slowDown', times: 2, when: (r) => r.partNumber === 3 } */
export interface Fault {
  readonly operation: Operation;
  readonly kind: FaultKind;
  /** How many requests it hits before it is used up. Default 1; `Infinity` until `clear()`. */
  readonly times?: number;
  readonly when?: (target: FaultTarget) => boolean;
}

/** The faults that are waiting to happen, first come first served: one request suffers one fault at most. */
export class FaultPlan {
  #waiting: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): this {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
    return this;
  }

  clear(): void {
    this.#waiting = [];
  }

  /** How many faults have not happened (to the end): a test that expects 0 knows that its fault was met. */
  get pending(): number {
    return this.#waiting.length;
  }

  /** Uses up and returns the fault that this request meets. */
  take(target: FaultTarget): FaultKind | undefined {
    const met = this.#waiting.find(
      ({ fault }) => fault.operation === target.operation && (fault.when === undefined || fault.when(target)),
    );
    if (met === undefined) return undefined;
    met.left -= 1;
    if (met.left <= 0) this.#waiting = this.#waiting.filter((other) => other !== met);
    return met.fault.kind;
  }
}

/** Flips one bit in the middle of a stored file, in place, so that no checksum that was accepted fits any more. */
export async function flipByte(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    if (size === 0) return;
    const middle = Math.floor(size / 2);
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, middle);
    buffer.writeUInt8(buffer.readUInt8(0) ^ 1, 0);
    await file.write(buffer, 0, 1, middle);
  } finally {
    await file.close();
  }
}
