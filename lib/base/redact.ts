import { formsOf, patternsOf } from './encodings.ts';
import { printable } from './printable.ts';

/**
 * Keeps credentials out of every text that leaves a step: errors, logs, reports, manifests. Two nets: the values we
 * know (registered when the secret is read, in this process) in any encoding, and shapes that are credentials wherever
 * they stand (signed URLs, user:password@, Basic, API tokens, key=value). Control characters go as well.
 */
export class Redactor {
  /** What finds each secret; the longest secret is searched first, so that one inside another leaves no rest. */
  readonly #known = new Map<string, readonly (RegExp | string)[]>();

  /** Values shorter than 6 characters are not searched for: they would blank out ordinary words. */
  add(...secrets: (string | undefined)[]): void {
    for (const secret of secrets) {
      if (!secret || secret.length < 6 || this.#known.has(secret)) continue;
      this.#known.set(secret, patternsOf(secret));
    }
  }

  /**
   * Parts of a signed URL, as URLs, JSON, HTML and base64 write them. A process signs many, and the expressions for any
   * spelling take some 100 KB each: a test that restored some hundred times ran out of memory with them.
   */
  addSigned(...parts: (string | undefined)[]): void {
    for (const part of parts)
      if (part && part.length >= 6 && !this.#known.has(part)) this.#known.set(part, formsOf(part));
  }

  clean(text: string): string {
    // Cut first: what a manager says has no bound, and no text that leaves a step is as long as this.
    const isCut = text.length > MOST_CHARACTERS;
    let out = printable(isCut ? text.slice(0, MOST_CHARACTERS) : text);
    for (const [, patterns] of [...this.#known].sort(([a], [b]) => b.length - a.length))
      for (const pattern of patterns) out = out.replaceAll(pattern, '[redacted]');
    for (const [pattern, replacement] of SHAPES) out = out.replace(pattern, replacement);
    // Half of a secret may stand where it was cut.
    return isCut ? `${out.slice(0, -CUT_MARGIN)}…` : out;
  }

  /** The same for any JSON value, keys included in the walk but left as they are. */
  cleanJson<T>(value: T): T {
    if (typeof value === 'string') return this.clean(value) as T;
    if (Array.isArray(value)) return value.map((item) => this.cleanJson(item)) as T;
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.cleanJson(item)])) as T;
  }
}

/** The longest text that is kept is the 10,000 characters of a log's fact; reports hold 1,000. */
const MOST_CHARACTERS = 64 * 1024;
/** Longer than any spelling of a password (256 characters, 6 for each). */
const CUT_MARGIN = 2048;

/** What a credential is called, as part of a longer name: `postgresql_password`. A field of ours only names a secret. */
const NAME = String.raw`[\w-]{0,40}(?:passw(?:or)?d|(?<!restoredCredentials)secret|token|api_?key|encryption_key|hash_salt)[\w-]{0,40}`;
/**
 * In quotes (also where the text was cut), in those of Python 2 (`u'x'`) or of JSON in JSON (`\"x\"`), or bare. Not what is
 * redacted already.
 */
const VALUE = String.raw`(?!\[redacted\](?:[\s,;&'"}\])]|$))[ub]?(?:\\+["'][^"']*(?:["']|$)|"(?:[^"\\]|\\.)*(?:"|$)|'(?:[^'\\]|\\.)*(?:'|$)|(?:\[redacted\])?[^\s,;&'"}\])]+)`;

/** Repetitions that a match begins with have a bound, so that a text of a megabyte is looked at once and not squared. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, '[redacted key]'],
  [/([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@:'"]{0,100}:[^\s'"]{1,200}@/gi, '$1[redacted]@'],
  [/(\bhttps?:\/\/[^\s?'"]{1,2000})\?[^\s'"]*(?:signature|token|credential|sig=)[^\s'"]*/gi, '$1?[redacted]'],
  [/\b(basic|bearer)\s{1,9}[A-Za-z0-9+/=_.~-]{8,}/gi, '$1 [redacted]'],
  [/\bctok-[A-Za-z0-9]{1,40}-[A-Za-z0-9]+/g, '[redacted token]'],
  // An option of a command line, also as Python shows a list of arguments: `'--password', 'x'`.
  [new RegExp(String.raw`(--${NAME}(?:["']?\s{0,9},\s{0,9}|\s{1,9}))${VALUE}`, 'gi'), '$1[redacted]'],
  [new RegExp(String.raw`(${NAME}\\*["']?\s{0,9}[=:]\s{0,9})${VALUE}`, 'gi'), '$1[redacted]'],
];

/** Somebody else's text within a sentence of ours, which has a full stop of its own. */
export function quoted(text: string, max = 300): string {
  return oneLine(text, max).replace(/[\s.]+$/, '');
}

/** One line of at most `max` characters: a Python traceback keeps its last line, which says what happened. */
export function oneLine(text: string, max = 300): string {
  const lines = printable(text)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
  const isTraceback = lines[0]?.startsWith('Traceback') ?? false;
  const line = (isTraceback ? lines.at(-1) : lines.join(' ')) ?? '';
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}
