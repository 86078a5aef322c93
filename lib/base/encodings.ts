import { printable } from './printable.ts';

/**
 * Every spelling in which a known secret may come back: as it is, and as programs write it into URLs, forms, JSON, HTML,
 * hexadecimal and base64, in any case, wrapped or broken by white space. A text is searched with one expression a
 * spelling of characters and one a spelling of bytes.
 */
const quote = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);

/** What may stand between two characters: a line that was wrapped, an indentation, a control character that was shown. */
const GAP = String.raw`[\s\ufffd]{0,4}`;

/** Names of HTML 4.01 and XML for characters that are escaped there. */
const HTML_NAMES: Readonly<Record<string, string>> = {
  '&': 'amp',
  '<': 'lt',
  '>': 'gt',
  '"': 'quot',
  "'": 'apos',
};

/** Of JSON: `\n` and the like. */
const JSON_LETTERS: Readonly<Record<string, string>> = {
  '\b': 'b',
  '\f': 'f',
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
};

/** One character in each spelling: `<` is `<`, `%3C`, `%253c`, `\u003c`, `\x3c`, `&lt;`, `&#60;`, `&#x3c;`. */
function spellings(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at).toString(16));
  const percent = (encoding: 'utf8' | 'latin1') =>
    [...Buffer.from(character, encoding)].map((byte) => `%(?:25){0,3}${byte.toString(16).padStart(2, '0')}`).join('');
  const ways = [
    // JSON in JSON has several backslashes before one character.
    String.raw`\\{0,7}${quote(character)}`,
    percent('utf8'),
    units.map((unit) => String.raw`\\{1,7}u${unit.padStart(4, '0')}`).join(''),
    `&(?:amp;){0,3}#0{0,6}${point};`,
    `&(?:amp;){0,3}#x0{0,6}${point.toString(16)};`,
  ];
  if (point < 256) ways.push(percent('latin1'), String.raw`\\{1,7}x${point.toString(16).padStart(2, '0')}`);
  // UTF-8 that was read as Latin-1; the text was made printable before it is searched.
  if (point > 127) ways.push(quote(printable(Buffer.from(character).toString('latin1'))));
  // The flag `i` does not know that ß becomes SS.
  if (character.toUpperCase().length > character.length) ways.push(quote(character.toUpperCase()));
  const html = HTML_NAMES[character];
  if (html) ways.push(`&(?:amp;){0,3}${html};`);
  const letter = JSON_LETTERS[character];
  if (letter) ways.push(String.raw`\\{1,7}${letter}`);
  // A form writes a blank as a plus sign.
  if (character === ' ') ways.push(String.raw`\+`);
  return `(?:${[...new Set(ways)].join('|')})`;
}

/** The part of a base64 text that depends on these bytes alone, if they begin `offset` bytes into a group of three. */
function base64Core(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const from = Math.ceil((offset * 4) / 3);
  const rest = (offset + bytes.length) % 3;
  return text.slice(from, rest === 0 ? text.length : text.length - 1);
}

/** A character of base64 in both alphabets, also where a URL has its sign in percent encoding. */
function base64Spelling(character: string): string {
  if (character === '+') return '(?:[+-]|%(?:25){0,3}2b)';
  if (character === '/') return String.raw`(?:[/_]|\\/|%(?:25){0,3}2f)`;
  return character;
}

/** Shorter than this, a piece of base64 or hex would be found in ordinary words. */
const SHORTEST_CORE = 7;

function byteSpellings(secret: string): string[] {
  const encodings = ['utf8', 'latin1'] as const;
  const all = encodings.map((encoding) => Buffer.from(secret, encoding)).filter((bytes) => bytes.length > 0);
  return all.flatMap((bytes) => [
    ...[0, 1, 2]
      .map((offset) => base64Core(bytes, offset))
      .filter((core) => core.length >= SHORTEST_CORE)
      .map((core) => [...core].map(base64Spelling).join(GAP)),
    [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(String.raw`[\s:,-]{0,3}(?:\\{0,2}0?x)?`),
  ]);
}

/**
 * Longer ones, such as a signed query with the token of a session, would make expressions that no engine compiles. They are
 * searched for as URLs, JSON, HTML and base64 write them; passwords and tokens are shorter.
 */
const LONGEST_SPELT = 256;

/** The forms in which programs write a text of a URL. */
export function formsOf(secret: string): string[] {
  const html = secret.replace(/[&<>"]/g, (character) => `&${HTML_NAMES[character]};`);
  const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), html];
  return [...new Set([...forms, Buffer.from(secret).toString('base64')])];
}

/** What finds `secret` in any of its spellings. Linear in the text: every repetition has a bound. */
export function patternsOf(secret: string): (RegExp | string)[] {
  if (secret.length > LONGEST_SPELT) return formsOf(secret);
  const characters = [...secret].map(spellings).join(GAP);
  const bytes = [...new Set(byteSpellings(secret))];
  // Base64 ends with signs that say only how long it is.
  return [new RegExp(characters, 'gi'), new RegExp(`(?:${bytes.join('|')})(?:=|%(?:25){0,3}3d){0,2}`, 'gi')];
}
