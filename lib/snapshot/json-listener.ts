import type { TextHash } from './text-hash.ts';

/** Is told of what stands at most `depth` levels deep, 1 being inside the outermost value. */
export interface JsonListener {
  readonly depth: number;
  /** 1 for the first bytes of keys at that depth that it is told of; other keys are skipped with their values. */
  readonly firsts: Uint8Array;
  /** A key or a value begins; for a string, `first` is its first byte, or -1 when that is in the next piece. */
  begins(kind: number, depth: number, isKey: boolean, first: number): number;
  /** One that `begins` did not skip has ended: it is in `text`. */
  ends(text: TextHash, kind: number, depth: number, isKey: boolean): void;
  closes(depth: number): void;
}

/** What is wrong, and where in the piece. */
export class Fault extends Error {
  readonly at: number;

  constructor(what: string, at: number) {
    super(what);
    this.at = at;
  }
}

export function fail(what: string, at: number): never {
  throw new Fault(what, at);
}
