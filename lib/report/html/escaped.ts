import { html as honoHtml, raw } from 'hono/html';
import { printable } from '../../base/printable.ts';

/** HTML in which every text that was put in is escaped. Managers choose names and messages: attributes are always quoted. */
export type Html = ReturnType<typeof raw>;

/** As hono has it, without what waits: everything here is at hand. */
export const html = (strings: TemplateStringsArray, ...values: unknown[]): Html => honoHtml(strings, ...values) as Html;

/** Only for what this product made itself: charts, the style, the script, the runbook. */
export const trusted = (text: string): Html => raw(text);

/** A text of somebody else as it may be shown: nothing that steers the eye, and no more than a person reads. */
export function shown(text: string, most = 600): string {
  const clean = printable(text.slice(0, most * 2));
  return clean.length > most ? `${clean.slice(0, most)} … (${text.length.toLocaleString('en')} characters)` : clean;
}

/** JSON inside an element `script`: nothing in it can end the element. */
export const jsonInScript = (value: unknown): Html => raw(JSON.stringify(value).replaceAll('<', '\\u003c'));
