import { keysOf } from '../storage/layout.ts';
import type { Entry, KnownManifest } from './entry.ts';
import type { IndexRow } from './index-records.ts';
import type { PagedRows } from './paged-rows.ts';
import type { MarkRecord } from './records.ts';

/** An archive of an index, by its name; its row is looked for when it is asked for. */
export interface OfRow {
  readonly manager: string;
  readonly snapshot: string;
  readonly rows: Pick<PagedRows, 'get'>;
}

export function rowOf({ rows, snapshot }: OfRow): IndexRow {
  return rows.get(snapshot) as IndexRow;
}

/** What is looked up in the row of an archive whenever it is asked for. */
class FromRow {
  readonly #of: OfRow;

  constructor(of: OfRow) {
    this.#of = of;
  }

  protected get of(): OfRow {
    return this.#of;
  }
  protected get row(): IndexRow {
    return rowOf(this.#of);
  }
}

class RowSnapshot extends FromRow {
  get id() {
    return this.of.snapshot;
  }
  get format() {
    return this.row.format;
  }
  get version() {
    return this.row.version;
  }
  get memberCount() {
    return this.row.memberCount;
  }
}

/**
 * What a row says of its manifest: all that lists and retention ask of one. Made of 10,000 rows it would be 10 MB, and to ask
 * for its name costs no row. To spread one into an object loses that.
 */
export class RowManifest extends FromRow implements KnownManifest {
  get manager() {
    return { id: this.of.manager };
  }
  get snapshot(): KnownManifest['snapshot'] {
    return new RowSnapshot(this.of);
  }
  get archive() {
    const { manager, snapshot } = this.of;
    return { key: keysOf(manager, snapshot).archive, ...this.row.archive };
  }
  get digestedRanges() {
    return this.row.ranges;
  }
  get verification() {
    return { verifiedAt: this.row.verifiedAt };
  }
  get inventory() {
    return { totals: this.row.totals };
  }
  get flags() {
    return this.row.flags;
  }
  get times() {
    return this.row.times;
  }
}

/** The mark that a row has seen. */
export class RowMark extends FromRow implements MarkRecord {
  readonly schema = 'cloudify-offsite/mark/1';
  readonly result = 'sound';

  get manager() {
    return this.of.manager;
  }
  get snapshot() {
    return this.of.snapshot;
  }
  get versionId() {
    return this.row.archive.versionId;
  }
  get checkedAt() {
    return this.row.mark?.checkedAt ?? '';
  }
  get execution() {
    return this.row.mark?.execution ?? '';
  }
}

type Stored = NonNullable<Entry['stored']>;

/** A version as a list has shown it, of whose size and id its row says the same: held, a third of a `StoredVersion`. */
export class RowVersion extends FromRow implements Stored {
  readonly storageClass: string;
  readonly #storedAt: number;
  readonly #hiddenAt: number | null;

  constructor(of: OfRow, { storedAt, storageClass, hiddenAt }: Stored) {
    super(of);
    this.#storedAt = storedAt.getTime();
    this.#hiddenAt = hiddenAt?.getTime() ?? null;
    this.storageClass = storageClass;
  }

  get key() {
    const { manager, snapshot } = this.of;
    return keysOf(manager, snapshot).archive;
  }
  get versionId() {
    return this.row.archive.versionId;
  }
  get size() {
    return this.row.archive.size;
  }
  get storedAt() {
    return new Date(this.#storedAt);
  }
  get hiddenAt() {
    return this.#hiddenAt === null ? null : new Date(this.#hiddenAt);
  }
}
