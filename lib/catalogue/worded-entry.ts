import type { Standing } from '../storage/seal.ts';
import type { Entry, KnownManifest, ManifestSource } from './entry.ts';
import { manifestOf } from './index-records.ts';
import { markIn, type RowWord } from './index-word.ts';

type Marked = Pick<Entry, 'mark' | 'markSource'>;

/** What is known beside the row. */
export interface BesideRow extends Pick<Entry, 'stored' | 'missing' | 'keep' | 'accept' | 'unreadable'> {
  readonly manager: string;
  /** The ETag of a mark that the row knows, or the mark that was read. */
  readonly mark: string | Marked;
}

/**
 * An archive whose manifest is what its row says. What follows from the row is made whenever it is asked for: held, it is 1 KB
 * of each of 10,000 archives. To spread one into an object loses that.
 */
export class WordedEntry implements Entry {
  readonly stored: Entry['stored'];
  readonly missing: Entry['missing'];
  readonly keep: Entry['keep'];
  readonly accept: Entry['accept'];
  readonly unreadable: Entry['unreadable'];
  readonly #word: RowWord;
  readonly #manager: string;
  readonly #mark: BesideRow['mark'];
  static #last: { readonly of: WordedEntry; readonly manifest: KnownManifest } | undefined;

  constructor(word: RowWord, { manager, mark, stored, missing, keep, accept, unreadable }: BesideRow) {
    this.#word = word;
    this.#manager = manager;
    this.#mark = mark;
    this.stored = stored;
    this.missing = missing;
    this.keep = keep;
    this.accept = accept;
    this.unreadable = unreadable;
  }

  /** Whoever asks for one field mostly asks for another one next. */
  get manifest(): KnownManifest {
    if (WordedEntry.#last?.of !== this)
      WordedEntry.#last = { of: this, manifest: manifestOf(this.#manager, this.#word.row) };
    return WordedEntry.#last.manifest;
  }

  get standing(): Standing {
    const { row, known } = this.#word;
    return { state: 'signed', key: row.key, known };
  }

  get source(): ManifestSource {
    const { manifest: digest, etag, signed: hasSignature, key } = this.#word.row;
    return { digest, etag, hasSignature, key };
  }

  get mark(): Entry['mark'] {
    if (typeof this.#mark !== 'string') return this.#mark.mark;
    return markIn(this.#word, this.#manager, this.#mark) ?? null;
  }

  get markSource(): Entry['markSource'] {
    if (typeof this.#mark !== 'string') return this.#mark.markSource;
    const { mark } = this.#word.row;
    return mark && { etag: mark.etag, key: mark.key };
  }
}
