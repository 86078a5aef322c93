/** A page of 1,000 executions has about 30,000 values, six levels deep. */
const MOST_VALUES = 250_000;
const MOST_LEVELS = 64;

/**
 * Whether `text` has few enough values to be parsed: 8 MB of brackets make objects of 350 MB, which ends the process of a
 * small function. Strings are passed over; they cost no more than their length.
 */
export function isModestJson(text: string): boolean {
  let values = 0;
  let level = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === ',') values += 1;
    else if (character === '[' || character === '{') level += 1;
    else if (character === ']' || character === '}') level -= 1;
    if (values > MOST_VALUES || level > MOST_LEVELS) return false;
  }
  return true;
}

/** Where the string that begins at `start` has its closing quote; the end of the text if it has none. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
