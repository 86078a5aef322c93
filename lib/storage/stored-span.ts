import type { SpanVerified, VerifyOptions } from '../zip/verify-span.ts';
import type { VerifySpan } from '../zip/verify-spans.ts';
import type { VersionId } from './version-id.ts';

/** A span of a stored archive that is to be verified: plain facts, so that another thread can be told. */
export interface StoredSpan {
  readonly key: string;
  readonly versionId: VersionId;
  /** Of the archive. */
  readonly size: number;
  readonly span: VerifySpan;
  readonly range: { readonly start: number; readonly end: number };
  readonly withDigest: boolean;
}

export interface Watched {
  readonly signal: AbortSignal;
  readonly onProgress: NonNullable<VerifyOptions['onProgress']>;
}

/** Threads beside the one that runs the steps. */
export interface SpanThreads {
  /** Verifies a span in one of them; by `here`, which does the same in this thread, where that is better. Throws what that throws. */
  verify(stored: StoredSpan, watched: Watched, here: () => Promise<SpanVerified>): Promise<SpanVerified>;
}
