import { stringify } from 'node:querystring';

const hex = (text: string, encoding: BufferEncoding = 'utf8') => Buffer.from(text, encoding).toString('hex');
const base64 = (text: string, encoding: BufferEncoding = 'utf8') => Buffer.from(text, encoding).toString('base64');
const each = (text: string, spell: (code: number) => string) => text.replace(/./gsu, (c) => spell(c.charCodeAt(0)));
const pad4 = (code: number) => code.toString(16).padStart(4, '0');
const html = (text: string) =>
  text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/'/g, '&#39;');
const lowerPercent = (text: string) => encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase());

/** How programs write a text, by other means than the product's own. */
export const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  'upper case': (text) => text.toUpperCase(),
  'lower case': (text) => text.toLowerCase(),
  URL: encodeURIComponent,
  'URL with lower-case digits': lowerPercent,
  'URL twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'URL three times': (text) => encodeURIComponent(encodeURIComponent(encodeURIComponent(text))),
  'URL, every byte': (text) => hex(text).replace(/../g, '%$&'),
  form: (text) => stringify({ a: text }).slice(2).replaceAll('%20', '+'),
  JSON: (text) => JSON.stringify(text).slice(1, -1),
  'JSON twice': (text) => JSON.stringify(JSON.stringify(text)),
  'JSON, all escaped': (text) => each(text, (code) => `\\u${pad4(code)}`),
  'JSON, all escaped, twice': (text) => each(text, (code) => `\\\\u${pad4(code)}`),
  'JSON for HTML': (text) => text.replace(/[<>&'"]/g, (c) => `\\u${pad4(c.charCodeAt(0))}`),
  HTML: html,
  'HTML twice': (text) => html(html(text)),
  'HTML, decimal': (text) => each(text, (code) => `&#${code};`),
  'HTML, hexadecimal': (text) => each(text, (code) => `&#x${code.toString(16).toUpperCase()};`),
  XML: (text) => html(text).replaceAll('&#39;', '&apos;'),
  hexadecimal: (text) => hex(text),
  'hexadecimal, upper case': (text) => hex(text).toUpperCase(),
  'hexadecimal with colons': (text) => hex(text).replace(/..(?=.)/g, '$&:'),
  'bytes of C': (text) => hex(text).replace(/../g, '\\x$&'),
  'a list of bytes': (text) => hex(text).replace(/../g, '0x$&, '),
  'Latin-1 in a URL': (text) => hex(text, 'latin1').replace(/../g, '%$&'),
  'Latin-1 in base64': (text) => base64(text, 'latin1'),
  'UTF-8 read as Latin-1': (text) => Buffer.from(text).toString('latin1'),
  base64: (text) => base64(text),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  'base64 in a URL': (text) => encodeURIComponent(base64(text)),
  'base64 of a login': (text) => base64(`admin:${text}`),
  'base64 of a longer login': (text) => base64(`backup:${text}`),
  'base64 of JSON': (text) => base64(`{"p":"${text}"}`),
  'base64, wrapped': (text) => base64(text).replace(/.{8}/g, '$&\r\n  '),
  'split by a line break': (text) => `${text.slice(0, 5)}\n${text.slice(5)}`,
  'split by a blank': (text) => `${text.slice(0, 4)} ${text.slice(4)}`,
};
