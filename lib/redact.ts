/**
 * Keeps credentials out of every text that leaves a step: errors, logs, reports, manifests. Two nets: the values we
 * know (registered when the secret is read or a manager's reply carries one), and shapes that are credentials wherever
 * they stand (signed URLs, user:password@, Basic, API tokens, key=value).
 */
export class Redactor {
  readonly #known = new Set<string>();

  /** Values shorter than 6 characters are not searched for: they would blank out ordinary words. */
  add(...secrets: (string | undefined)[]): void {
    for (const secret of secrets) {
      if (!secret || secret.length < 6) continue;
      this.#known.add(secret);
      this.#known.add(encodeURIComponent(secret));
      this.#known.add(Buffer.from(secret).toString('base64'));
      this.#known.add(JSON.stringify(secret).slice(1, -1));
    }
  }

  clean(text: string): string {
    let out = text;
    for (const secret of [...this.#known].sort((a, b) => b.length - a.length))
      out = out.replaceAll(secret, '[redacted]');
    for (const [pattern, replacement] of SHAPES) out = out.replace(pattern, replacement);
    return out;
  }

  /** The same for any JSON value, keys included in the walk but left as they are. */
  cleanJson<T>(value: T): T {
    if (typeof value === 'string') return this.clean(value) as T;
    if (Array.isArray(value)) return value.map((item) => this.cleanJson(item)) as T;
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.cleanJson(item)])) as T;
  }
}

const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[redacted key]'],
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/@:'"]+:[^\s/'"]+@/gi, '$1[redacted]@'],
  [/(\bhttps?:\/\/[^\s?'"]+)\?[^\s'"]*(?:signature|token|credential|sig=)[^\s'"]*/gi, '$1?[redacted]'],
  [/\b(basic|bearer)\s+[A-Za-z0-9+/=_.~-]{8,}/gi, '$1 [redacted]'],
  [/\bctok-[A-Za-z0-9]+-[A-Za-z0-9]+/g, '[redacted token]'],
  [
    /(["']?[\w-]*(?:passw(?:or)?d|secret|token|api_?key|encryption_key|hash_salt)[\w-]*["']?\s*[=:]\s*)("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s,;&'"}]+)/gi,
    '$1[redacted]',
  ],
];

/** One line of at most `max` characters: a Python traceback keeps its last line, which says what happened. */
export function oneLine(text: string, max = 300): string {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
  const isTraceback = lines[0]?.startsWith('Traceback') ?? false;
  const line = (isTraceback ? lines.at(-1) : lines.join(' ')) ?? '';
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}
