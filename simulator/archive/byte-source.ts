import type { Readable } from 'node:stream';

/** Random access to bytes that do not change: generated ones, a file, an upload. */
export interface ByteSource {
  readonly size: number;
  /** Exactly `length` bytes from `start`. */
  read(start: number, length: number): Promise<Readable>;
}
