import { keysOf } from '../storage/layout.ts';
import type { Entry, KnownManifest } from './entry.ts';
import type { IndexRow } from './index-records.ts';
import type { Rows } from './paged-rows.ts';
import type { MarkRecord } from './records.ts';

/** An archive of an index, by its name; its row is looked for when it is asked for. */
export interface OfRow {
  readonly manager: string;
  readonly snapshot: string;
  readonly rows: Pick<Rows, 'get'>;
}

export function rowOf({ rows, snapshot }: OfRow): IndexRow {
  return rows.get(snapshot) as IndexRow;
}

class RowSnapshot {
  readonly #of: OfRow;

  constructor(of: OfRow) {
    this.#of = of;
  }

  get id() {
    return this.#of.snapshot;
  }
  get format() {
    return rowOf(this.#of).format;
  }
  get version() {
    return rowOf(this.#of).version;
  }
  get memberCount() {
    return rowOf(this.#of).memberCount;
  }
}

/**
 * What a row says of its manifest: all that lists and retention ask of one. Made of 10,000 rows it would be 10 MB, and to ask
 * for its name costs no row. To spread one into an object loses that.
 */
export class RowManifest implements KnownManifest {
  readonly #of: OfRow;

  constructor(of: OfRow) {
    this.#of = of;
  }

  get manager() {
    return { id: this.#of.manager };
  }
  get snapshot(): KnownManifest['snapshot'] {
    return new RowSnapshot(this.#of);
  }
  get archive() {
    const { manager, snapshot } = this.#of;
    return { key: keysOf(manager, snapshot).archive, ...rowOf(this.#of).archive };
  }
  // Absent and undefined are the same to whoever asks.
  get digestedRanges(): number {
    return rowOf(this.#of).ranges as number;
  }
  get verification() {
    return { verifiedAt: rowOf(this.#of).verifiedAt };
  }
  get inventory() {
    return { totals: rowOf(this.#of).totals };
  }
  get flags() {
    return rowOf(this.#of).flags;
  }
  get times() {
    return rowOf(this.#of).times;
  }
}

/** The mark that a row has seen. */
export class RowMark implements MarkRecord {
  readonly schema = 'cloudify-offsite/mark/1';
  readonly result = 'sound';
  readonly #of: OfRow;

  constructor(of: OfRow) {
    this.#of = of;
  }

  get manager() {
    return this.#of.manager;
  }
  get snapshot() {
    return this.#of.snapshot;
  }
  get versionId() {
    return rowOf(this.#of).archive.versionId;
  }
  get checkedAt() {
    return rowOf(this.#of).mark?.checkedAt ?? '';
  }
  get execution() {
    return rowOf(this.#of).mark?.execution ?? '';
  }
}

type Stored = NonNullable<Entry['stored']>;

/** A version as a list has shown it, of whose size and id its row says the same: held, a third of a `StoredVersion`. */
export class RowVersion implements Stored {
  readonly storageClass: string;
  readonly #of: OfRow;
  readonly #storedAt: number;
  readonly #hiddenAt: number | null;

  constructor(of: OfRow, { storedAt, storageClass, hiddenAt }: Stored) {
    this.#of = of;
    this.#storedAt = storedAt.getTime();
    this.#hiddenAt = hiddenAt?.getTime() ?? null;
    this.storageClass = storageClass;
  }

  get key() {
    const { manager, snapshot } = this.#of;
    return keysOf(manager, snapshot).archive;
  }
  get versionId() {
    return rowOf(this.#of).archive.versionId;
  }
  get size() {
    return rowOf(this.#of).archive.size;
  }
  get storedAt() {
    return new Date(this.#storedAt);
  }
  get hiddenAt() {
    return this.#hiddenAt === null ? null : new Date(this.#hiddenAt);
  }
}
