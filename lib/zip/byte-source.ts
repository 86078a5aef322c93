import type { Readable } from 'node:stream';

/**
 * Random access to one immutable run of bytes: a stored object pinned to its version, or a file in a test.
 * `read` gives exactly `length` bytes from `start`, or its stream fails by name (`TransferInterrupted`,
 * `StorageUnavailable`); it never ends short in silence.
 */
export interface ByteSource {
  readonly size: number;
  /** Its bytes may be anything, also what is no archive and none of the reader's business: no message quotes them. */
  readonly isConfidential?: boolean;
  read(start: number, length: number): Promise<Readable>;
  /** The same without a copy: a piece is valid until the next one is asked for. */
  pieces?(start: number, length: number): Promise<Pieces>;
}

/** Pieces of a run of bytes. `destroy` ends it, also one that hangs. */
export interface Pieces extends AsyncIterable<Buffer> {
  destroy(): unknown;
}
