/**
 * The one text of a JSON value (RFC 8785): keys in the order of their UTF-16 code units, no white space, numbers and
 * strings as JSON.stringify writes them. Two texts of the same value have the same digest and the same signature, however
 * they were laid out.
 */
export function canonicalJson(value: unknown): string {
  const text: Text = { parts: [], pieces: [] };
  write(value, text);
  join(text);
  return text.parts.join('');
}

interface Text {
  readonly parts: string[];
  /** Of the part that is being written. */
  readonly pieces: string[];
}

/** A page of 720 rows has 170,000 pieces, 5 MB: of so many at a time none outlives the youngest garbage. */
const MOST_PIECES = 4000;

function join({ parts, pieces }: Text): void {
  parts.push(pieces.join(''));
  pieces.length = 0;
}

/** Names come again and again: 60 of them in each of 10,000 rows. */
const NAMES = new Map<string, string>();
const MOST_NAMES = 1000;

function nameText(name: string): string {
  const known = NAMES.get(name);
  if (known !== undefined) return known;
  const text = `${JSON.stringify(name)}:`;
  if (NAMES.size < MOST_NAMES) NAMES.set(name, text);
  return text;
}

/** Into one list of pieces: a text for each value and each object around it took 17 MB of a page of 720 rows. */
function write(value: unknown, text: Text): void {
  const { pieces } = text;
  if (pieces.length > MOST_PIECES) join(text);
  if (Array.isArray(value)) {
    pieces.push('[');
    for (const [at, one] of value.entries()) {
      if (at > 0) pieces.push(',');
      write(one, text);
    }
    pieces.push(']');
    return;
  }
  if (value === null || typeof value !== 'object') {
    pieces.push(JSON.stringify(value));
    return;
  }
  pieces.push('{');
  let isFirst = true;
  for (const name of Object.keys(value).sort()) {
    const field = (value as Record<string, unknown>)[name];
    if (field === undefined) continue;
    pieces.push(isFirst ? '' : ',', nameText(name));
    isFirst = false;
    write(field, text);
  }
  pieces.push('}');
}
