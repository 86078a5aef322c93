import { DumpFault } from './dump-fault.ts';

/** Statements of a dump outside of rows are short: the longest COPY line has some 1,000 bytes. */
const MAX_STATEMENT = 64 * 1024;

/** What ends plain SQL, as psql reads it. */
const TOKEN = /--|\/\*|'|"|\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|[;()\\]/g;
const COMMENT_TOKEN = /\/\*|\*\//g;

export interface SqlListener {
  /** A line that is a comment as a whole, between statements. */
  comment(line: string): void;
  /** A line that begins with a backslash, between statements: a command to psql. */
  command(line: string): void;
  /** A whole statement, without its semicolon and its comments. True when the rows of a COPY follow. */
  statement(text: string): boolean;
}

/** Splits the lines of a script into statements as psql does: quotes, comments and parentheses may span lines. */
export class SqlLexer {
  readonly #listener: SqlListener;
  #statement = '';
  #parentheses = 0;
  /** What the quote or comment that is open ends with. */
  #until = '';
  #commentDepth = 0;

  constructor(listener: SqlListener) {
    this.#listener = listener;
  }

  /** Whether a statement has begun and not ended. */
  get isWithin(): boolean {
    return this.#until !== '' || this.#statement.trim() !== '';
  }

  /** Takes the next line, without its end. True when rows follow. Throws `DumpFault`. */
  line(text: string): boolean {
    if (!this.isWithin && text.startsWith('--')) this.#listener.comment(text);
    else if (!this.isWithin && text.startsWith('\\')) this.#listener.command(text);
    else return this.#parts(`${text}\n`);
    return false;
  }

  #parts(text: string): boolean {
    for (let at = 0; at < text.length; ) {
      if (this.#until === '*/') at = this.#comment(text, at);
      else if (this.#until !== '') at = this.#quoted(text, at);
      else {
        const [end, token] = this.#plain(text, at);
        if (token === ';' && this.#parentheses === 0) {
          if (!this.#endStatement()) at = end;
          else if (text.slice(end).trim() === '') return true;
          else throw new DumpFault('corrupt', 'it has more on the line of a COPY');
        } else at = this.#open(token, text, end);
      }
      if (this.#statement.length > MAX_STATEMENT) {
        throw new DumpFault('foreign', `it has a statement of more than ${MAX_STATEMENT} bytes`);
      }
    }
    return false;
  }

  /** Takes SQL up to the next token. */
  #plain(text: string, at: number): readonly [number, string] {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    const plain = text.slice(at, found?.index ?? text.length);
    // pg_dump quotes such names, and PostgreSQL takes no other blanks than those of ASCII, before 16 not even the vertical tab.
    if (/[^\t\n\f\r -~]/.test(plain)) throw new DumpFault('corrupt', 'it has text outside of tables that is not ASCII');
    this.#statement += plain;
    return found ? [found.index + found[0].length, found[0]] : [text.length, ''];
  }

  #open(token: string, text: string, end: number): number {
    if (token === '--') {
      this.#statement += '\n';
      return text.length;
    }
    if (token === '\\') throw new DumpFault('corrupt', 'it has a backslash within a statement');
    if (token === '/*') {
      this.#until = '*/';
      this.#commentDepth = 1;
      this.#statement += ' ';
      return end;
    }
    if (token === '(') this.#parentheses++;
    else if (token === ')') this.#parentheses--;
    // In E'…' a backslash takes the next character with it.
    else if (token === "'" && /(?:^|[^\w])e$/i.test(this.#statement)) this.#until = "E'";
    else if (token !== '' && token !== ';') this.#until = token;
    this.#statement += token;
    return end;
  }

  #quoted(text: string, at: number): number {
    const mark = this.#until === "E'" ? "'" : this.#until;
    let end = text.indexOf(mark, at);
    if (this.#until === "E'") {
      const isEnd = /(?:[^'\\]|\\.)*'/sy;
      isEnd.lastIndex = at;
      end = isEnd.test(text) ? isEnd.lastIndex - 1 : -1;
    }
    if (end !== -1) this.#until = '';
    const to = end === -1 ? text.length : end + mark.length;
    this.#statement += text.slice(at, to);
    return to;
  }

  #comment(text: string, at: number): number {
    COMMENT_TOKEN.lastIndex = at;
    const found = COMMENT_TOKEN.exec(text);
    if (!found) return text.length;
    this.#commentDepth += found[0] === '/*' ? 1 : -1;
    if (this.#commentDepth === 0) this.#until = '';
    return found.index + 2;
  }

  #endStatement(): boolean {
    const text = this.#statement.trim();
    this.#statement = '';
    return text !== '' && this.#listener.statement(text);
  }
}
