import { ArchiveUnsupported, MemberCorrupt } from '../base/errors.ts';
import { ColumnPicker } from './copy-columns.ts';
import { parseCopyHeader, unescapeValue } from './copy-header.ts';
import type { InventoryBuilder } from './inventory.ts';
import { typeName } from './inventory.ts';

const LF = 0x0a;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const COPY = 'COPY ';
const NULL = '\\N';

/** The longest COPY line that is read: some 1,000 columns; managers have at most 30. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Different tenant ids counted per table. Bounds memory; a manager has hundreds at most. */
const MAX_TENANT_IDS = 10_000;

/** Tables of millions of rows, which are counted but not by tenant: looking into each row would take most of the time. */
const HUGE: ReadonlySet<string> = new Set(['events', 'logs', 'operations', 'tasks_graphs', 'audit_log']);

interface Block {
  readonly table: string;
  readonly picker: ColumnPicker | undefined;
  /** Rows by tenant id. */
  readonly tenants: Map<string, number>;
  rows: number;
}

/**
 * Counts the rows of every COPY block of a plain-text `pg_dump` that is fed to it in pieces of any size. In COPY's text
 * format a line feed is always the end of a row and a tab always the end of a column: inside values both are escaped.
 * Memory does not grow with lines or rows. `where` names the member in messages.
 */
export class PgDataCounter {
  readonly #where: string;
  readonly #blocks: Block[] = [];
  readonly #tenantNames = new Map<string, string>();
  #block: Block | undefined;
  /** Inside a row (or a line outside of blocks) whose beginning has been seen. */
  #midLine = false;
  #line = '';
  #held: Buffer = Buffer.alloc(0);

  constructor(where: string) {
    this.#where = where;
  }

  /** Throws `ArchiveUnsupported` when a COPY line cannot be read. */
  feed(piece: Buffer): void {
    const data = this.#held.length > 0 ? Buffer.concat([this.#held, piece]) : piece;
    this.#held = Buffer.alloc(0);
    let at = 0;
    while (at < data.length) at = this.#block ? this.#row(this.#block, data, at) : this.#outside(data, at);
  }

  /** Throws `MemberCorrupt` when the dump ends inside a COPY block. */
  finish(inventory: InventoryBuilder): void {
    if (this.#held.toString('latin1') === '\\.') this.#block = undefined;
    if (this.#block) {
      const { table, rows } = this.#block;
      throw new MemberCorrupt(
        `${this.#where} ends within the table ${table}, after ${rows} rows: the dump is cut off.`,
      );
    }
    for (const name of this.#tenantNames.values()) inventory.addTenant(name);
    for (const { table, rows, tenants } of this.#blocks) {
      const type = typeName(table);
      inventory.addTotal(type, rows);
      for (const [id, count] of tenants) inventory.addToTenant(this.#tenantNames.get(id) ?? `#${id}`, type, count);
    }
  }

  /** Takes the next row, or what there is of it. Answers where to go on. */
  #row(block: Block, data: Buffer, at: number): number {
    if (!this.#midLine && data[at] === BACKSLASH) {
      if (data.length - at < 3) {
        // Too short to tell the end of the block (`\.`) from a null (`\N`): kept for the next piece.
        this.#held = Buffer.from(data.subarray(at));
        return data.length;
      }
      if (data[at + 1] === DOT && data[at + 2] === LF) {
        this.#block = undefined;
        return at + 3;
      }
    }
    const feed = data.indexOf(LF, at);
    block.picker?.feed(data, at, feed === -1 ? data.length : feed);
    this.#midLine = feed === -1;
    if (feed === -1) return data.length;
    block.rows++;
    if (block.picker) this.#note(block, block.picker.endRow());
    return feed + 1;
  }

  #note(block: Block, values: readonly string[]): void {
    const [id, name] = values;
    if (id === undefined || id === NULL) return;
    if (block.table === 'tenants') {
      if (name !== undefined && this.#tenantNames.size < MAX_TENANT_IDS) {
        this.#tenantNames.set(id, unescapeValue(Buffer.from(name, 'latin1').toString()));
      }
      return;
    }
    const count = block.tenants.get(id);
    if (count !== undefined || block.tenants.size < MAX_TENANT_IDS) block.tenants.set(id, (count ?? 0) + 1);
  }

  /** Takes the next line between blocks. Only those that begin with COPY are kept. */
  #outside(data: Buffer, at: number): number {
    const feed = data.indexOf(LF, at);
    const end = feed === -1 ? data.length : feed;
    if (!this.#midLine) {
      this.#line += data.toString('latin1', at, Math.min(end, at + MAX_HEADER_BYTES));
      // Not (the beginning of) a COPY line: the rest is skipped.
      if (!COPY.startsWith(this.#line.slice(0, COPY.length))) this.#midLine = true;
    }
    if (this.#line.length >= MAX_HEADER_BYTES && !this.#midLine) throw this.#unreadable();
    if (feed === -1) return data.length;
    if (!this.#midLine && this.#line.length >= COPY.length) this.#open();
    this.#midLine = false;
    this.#line = '';
    return feed + 1;
  }

  #open(): void {
    const header = parseCopyHeader(Buffer.from(this.#line, 'latin1').toString());
    if (!header) throw this.#unreadable();
    const { table, columns } = header;
    const wanted = table === 'tenants' ? ['id', 'name'] : HUGE.has(table) ? [] : ['_tenant_id'];
    const indexes = wanted.map((column) => columns.indexOf(column));
    const picker = indexes.length > 0 && !indexes.includes(-1) ? new ColumnPicker(indexes) : undefined;
    this.#block = { table, picker, tenants: new Map(), rows: 0 };
    this.#blocks.push(this.#block);
  }

  #unreadable(): ArchiveUnsupported {
    return new ArchiveUnsupported(
      `${this.#where} has a COPY line that no manager writes: ${JSON.stringify(this.#line.slice(0, 80))}.`,
    );
  }
}
