import { ArchiveUnsupported, MemberCorrupt } from '../base/errors.ts';
import { ByteFinder, MAX_FIND_BYTES, NO_PLACE } from './byte-finder.ts';
import { type CopyRows, ROW_BYTES } from './copy-rows.ts';
import { DumpFault } from './dump-fault.ts';
import { type DumpListener, DumpStatements } from './dump-statements.ts';
import { SqlLexer } from './sql-lexer.ts';
import { Utf8Check } from './utf8-check.ts';

const LF = 0x0a;

/** Outside of rows. */
const MAX_LINE_BYTES = 64 * 1024;

/** What is made of the rows of a dump. */
export interface DumpContent extends Pick<DumpListener, 'deletes'> {
  /** The rows of a table begin. Throws `DumpFault`. */
  opens(table: string, columns: readonly string[]): CopyRows;
}

/**
 * Reads a data-only `pg_dump` in plain text that is fed to it in pieces of any size, and refuses what a restore by psql
 * would not take or would take for something else. Memory does not grow with lines or rows. `where` names the member in
 * messages.
 */
export class DumpReader {
  readonly #where: string;
  readonly #statements: DumpStatements;
  readonly #lexer: SqlLexer;
  readonly #utf8 = new Utf8Check();
  readonly #finder = new ByteFinder(ROW_BYTES);
  readonly #tables = new Set<string>();
  #rows: CopyRows | undefined;
  #table = '';
  /** The line outside of rows whose end is in the next piece. */
  #line: Buffer[] = [];
  #lineBytes = 0;
  #fault: DumpFault | undefined;

  constructor(where: string, content: DumpContent) {
    this.#where = where;
    this.#statements = new DumpStatements({
      copies: (table, columns) => {
        if (this.#tables.has(table)) throw new DumpFault('foreign', `it has the table ${table} twice`);
        this.#tables.add(table);
        this.#table = table;
        this.#rows = content.opens(table, columns);
      },
      deletes: (id) => content.deletes(id),
    });
    this.#lexer = new SqlLexer(this.#statements);
  }

  /** What is wrong is kept for `finish`: a flipped bit is better told by the CRC-32. */
  feed(piece: Buffer): void {
    this.#noting(() => {
      if (piece.includes(0)) throw new DumpFault('corrupt', 'it holds NUL bytes, which no dump has');
      if (!this.#utf8.feed(piece)) throw new DumpFault('corrupt', 'it holds bytes that are not UTF-8');
      for (let at = 0; at < piece.length; at += MAX_FIND_BYTES) this.#take(piece.subarray(at, at + MAX_FIND_BYTES));
    });
  }

  /** `then` may find more that is wrong, as `DumpFault`. Throws `MemberCorrupt`, `ArchiveUnsupported`. */
  finish(then?: () => void): void {
    this.#noting(() => {
      if (this.#rows) {
        throw new DumpFault('corrupt', `it ends within the table ${this.#table}, after ${this.#rows.rows} rows`);
      }
      // psql needs no line feed after the last semicolon.
      if (this.#lineBytes > 0) this.#endLine();
      if (this.#rows || this.#lexer.isWithin) throw new DumpFault('corrupt', 'it ends within a statement');
      if (!this.#utf8.finish()) throw new DumpFault('corrupt', 'it ends within a character');
      this.#statements.finish();
      then?.();
    });
    if (!this.#fault) return;
    const message = `${this.#where} is no dump that a manager can restore: ${this.#fault.message}.`;
    throw this.#fault.kind === 'corrupt' ? new MemberCorrupt(message) : new ArchiveUnsupported(message);
  }

  #noting(read: () => void): void {
    if (this.#fault) return;
    try {
      read();
    } catch (error) {
      if (!(error instanceof DumpFault)) throw error;
      this.#fault = error;
    }
  }

  #take(data: Buffer): void {
    // The rest of a row that has begun, then whole rows at once, then what is left.
    const begun = this.#rows ? data.indexOf(LF) + 1 : 0;
    this.#walk(data.subarray(0, begun));
    this.#walk(data.subarray(this.#rows?.takeWhole(data, begun) ?? begun));
  }

  #walk(data: Buffer): void {
    const places = this.#finder.find(data);
    let index = 0;
    for (let at = 0; at < data.length; ) {
      while ((places[index] ?? NO_PLACE) < at) index++;
      at = this.#rows ? this.#rows.feed(data, at, places, index) : this.#outside(data, at);
      if (this.#rows?.ended) this.#rows = undefined;
    }
  }

  #outside(data: Buffer, at: number): number {
    const feed = data.indexOf(LF, at);
    const end = feed === -1 ? data.length : feed;
    this.#lineBytes += end - at;
    if (this.#lineBytes > MAX_LINE_BYTES) {
      throw new DumpFault('foreign', `it has a line outside of tables of more than ${MAX_LINE_BYTES} bytes`);
    }
    this.#line.push(Buffer.from(data.subarray(at, end)));
    if (feed === -1) return end;
    this.#endLine();
    return feed + 1;
  }

  #endLine(): void {
    const line = Buffer.concat(this.#line).toString();
    this.#line = [];
    this.#lineBytes = 0;
    this.#lexer.line(line);
  }
}
