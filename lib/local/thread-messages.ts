import type { StoredSpan } from '../storage/stored-span.ts';
import type { SpanVerified } from '../zip/verify-span.ts';
import type { PlainNetwork } from './plain-network.ts';

/** What a thread is told as it begins. */
export interface ThreadData {
  /** An upgrade may have replaced the files since this process began: a thread of another version does nothing. */
  readonly software: string;
  readonly network: PlainNetwork;
}

/** Where the bytes are: a file that this process has open, by its number, or a signed URL. */
export type BytesAt = { readonly file: number } | { readonly url: string };

export interface ToThread {
  readonly stored: StoredSpan;
  readonly at: BytesAt;
}

/** A failure has a name for the log alone: the main thread reads the span again, and fails by itself if it is to fail. */
export type FromThread =
  | { readonly kind: 'progress'; readonly bytes: number }
  | { readonly kind: 'verified'; readonly verified: SpanVerified }
  | { readonly kind: 'failed'; readonly name: string };
