/** What a placeholder may stand for, by the word in front of its number. Longest names first. */
const PATTERNS: Readonly<Record<string, string>> = {
  time: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z',
  uuid: '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
  'http-date': '[A-Z][a-z]{2}, \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT',
  etag: '[0-9a-f]+-[0-9a-f]+',
  boundary: '\\d+',
  token: 'ctok-[A-Za-z0-9]{10}-[A-Za-z0-9]{40}',
  'token-id': '[A-Za-z0-9]{10}',
  'sql-time': '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d+',
  'py-datetime': 'datetime\\.datetime\\([\\d, ]+\\)',
  pem: '[\\s\\S]*',
};

const literally = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The meanings of one file's placeholders: given at the start, or learnt from the first answer that shows them. */
export class Placeholders {
  readonly #known: Map<string, string>;
  readonly #names: RegExp;

  constructor(names: readonly string[], known: Readonly<Record<string, string>>) {
    this.#known = new Map(Object.entries(known));
    const plain = names.filter((name) => !name.startsWith('<traceback')).sort((a, b) => b.length - a.length);
    this.#names = new RegExp(plain.map(literally).join('|') || '(?!)', 'g');
  }

  has(name: string): boolean {
    return this.#known.has(name);
  }

  learn(name: string, meaning: string): void {
    this.#known.set(name, meaning);
  }

  /** Text to send. A placeholder nobody knows yet stays and makes the request fail, visibly. */
  fill(text: string): string {
    return text.replaceAll(this.#names, (name) => this.#known.get(name) ?? name);
  }

  /** Whether the text is as recorded; new placeholders are learnt from it. */
  matches(recorded: string, actual: string, isBeginning = false): boolean {
    if (recorded.startsWith('<traceback: ') && recorded.endsWith('>')) return this.#isTraceback(recorded, actual);
    const unknown: string[] = [];
    let pattern = '';
    let at = 0;
    for (const match of recorded.matchAll(this.#names)) {
      const [name] = match;
      const meaning = this.#known.get(name);
      const again = unknown.indexOf(name);
      pattern += literally(recorded.slice(at, match.index));
      if (meaning !== undefined) pattern += literally(meaning);
      else if (again >= 0) pattern += `\\${again + 1}`;
      else pattern += `(${PATTERNS[name.slice(1, -1).split(':')[0] ?? ''] ?? '[^"]+'})`;
      if (meaning === undefined && again < 0) unknown.push(name);
      at = match.index + name.length;
    }
    const found = new RegExp(`^${pattern}${literally(recorded.slice(at))}${isBeginning ? '' : '$'}`).exec(actual);
    if (found === null) return false;
    for (const [index, name] of unknown.entries()) this.#known.set(name, found[index + 1] ?? '');
    return true;
  }

  /** Of a traceback only the last line was kept, and of a long one its beginning. */
  #isTraceback(recorded: string, actual: string): boolean {
    const lastLine = actual.trim().split('\n').at(-1) ?? '';
    return this.matches(recorded.slice('<traceback: '.length, -1), lastLine, true);
  }

  hasAny(text: string): boolean {
    return text.includes('<traceback: ') || text.search(this.#names) >= 0;
  }
}
