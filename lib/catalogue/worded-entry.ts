import { defined } from '../base/defined.ts';
import type { KnownAs, Standing } from '../storage/seal.ts';
import type { Entry, KnownManifest, ManifestSource } from './entry.ts';
import type { Words } from './index-word.ts';
import { type OfRow, RowManifest, RowMark, RowVersion, rowOf } from './row-manifest.ts';

/** What is known beside the row. */
export interface BesideRow extends Pick<Entry, 'stored' | 'missing' | 'keep' | 'accept' | 'unreadable'> {
  readonly manager: string;
  readonly snapshot: string;
  /** The mark, where that of the row is not it. */
  readonly read: Pick<Entry, 'mark' | 'markSource'> | undefined;
}

/**
 * An archive whose manifest is what its row says. What follows from the row is looked up there whenever it is asked for: held,
 * it is 2 KB of each of 10,000 archives. To spread one into an object loses that.
 */
export class WordedEntry implements Entry, OfRow {
  readonly manager: string;
  readonly snapshot: string;
  readonly stored: Entry['stored'];
  readonly missing: Entry['missing'];
  readonly keep: Entry['keep'];
  readonly accept: Entry['accept'];
  readonly unreadable: Entry['unreadable'];
  readonly #words: Words;
  readonly #read: BesideRow['read'];

  constructor(words: Words, { manager, snapshot, read, stored, missing, keep, accept, unreadable }: BesideRow) {
    this.#words = words;
    this.#read = read;
    this.manager = manager;
    this.snapshot = snapshot;
    // What a list shows without an id has none here either.
    const isAsInRow = stored?.versionId === rowOf(this).archive.versionId;
    this.stored = stored && isAsInRow ? new RowVersion(this, stored) : stored;
    this.missing = missing;
    this.keep = keep;
    this.accept = accept;
    this.unreadable = unreadable;
  }

  get rows(): OfRow['rows'] {
    return this.#words.rows;
  }

  get manifest(): KnownManifest {
    return new RowManifest(this);
  }

  get standing(): Standing {
    const { key = '' } = rowOf(this);
    return { state: 'signed', key, known: this.#words.keys.get(key) as KnownAs };
  }

  get source(): ManifestSource {
    const { manifest: digest, etag, signed: hasSignature, key } = rowOf(this);
    return { digest, etag, hasSignature, ...defined({ key }) };
  }

  get mark(): Entry['mark'] {
    return this.#read ? this.#read.mark : new RowMark(this);
  }

  get markSource(): Entry['markSource'] {
    if (this.#read) return this.#read.markSource;
    const { mark } = rowOf(this);
    return mark && { etag: mark.etag, key: mark.key };
  }
}
