import { printable } from './printable.ts';

/** What spreadsheets take for the beginning of a formula, also after blanks, and in the full width of East Asian keyboards. */
const FORMULA = /^[\s\ufffd]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]|^[\t\r]/;

/**
 * One line of CSV (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe before it: managers
 * and people choose names and messages (OWASP: CSV injection). A number that is negative stays a number.
 */
export function csvLine(fields: readonly unknown[]): string {
  return `${fields.map(fieldOf).join(',')}\r\n`;
}

function fieldOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = printable(String(value));
  const safe = FORMULA.test(text) ? `'${text}` : text;
  // A semicolon and a tab separate fields where the comma is for decimals.
  return /[",\n;\t]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
