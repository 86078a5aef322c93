import type { FileHandle } from 'node:fs/promises';

/** What a handler answers: nothing, XML, or a piece of an open file (which the server closes). */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly xml?: string;
  readonly file?: { readonly handle: FileHandle; readonly start: number; readonly length: number };
  /** The file that this request made, for faults that damage it. */
  readonly stored?: string;
}
