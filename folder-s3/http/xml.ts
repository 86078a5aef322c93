import { S3Error } from '../s3-error.ts';

/** What can be printed: an object is nested elements, an array repeats its element, `undefined` prints nothing. */
export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlValue[]
  | { readonly [name: string]: XmlValue };

const NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const PROLOGUE = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** @example printXml('Tagging', { TagSet: { Tag: [{ Key: 'a', Value: '1' }] } }) */
export function printXml(root: string, value: XmlValue): string {
  // S3's errors carry no namespace, its results do.
  return PROLOGUE + element(root, value, root === 'Error' ? '' : NAMESPACE);
}

function element(name: string, value: XmlValue, attributes = ''): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map((one: XmlValue) => element(name, one)).join('');
  const content =
    typeof value === 'object'
      ? Object.entries(value)
          .map(([child, inner]) => element(child, inner))
          .join('')
      : escapeXml(String(value));
  return `<${name}${attributes}>${content}</${name}>`;
}

function escapeXml(text: string): string {
  // Control characters are legal in keys; as numeric references they survive most readers.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must be escaped
  return text.replace(/[&<>"\u0000-\u001f]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** One parsed element: text of a leaf, children of the rest. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

interface OpenElement {
  name: string;
  text: string;
  children: XmlElement[];
}

// One token: an opening, closing or empty tag, or a run of text. Anything else in the input is malformed.
const TOKEN = /<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;
// Complete, DeleteObjects and Tagging nest four deep at most.
const MAX_DEPTH = 8;

/**
 * Reads the few request bodies that S3 takes. Deliberately strict and small: elements and text only, no comments, CDATA,
 * DOCTYPE or entities beyond the five of XML and numeric ones; attributes are ignored (SDKs send `xmlns`).
 */
export function parseXml(text: string, root: string): XmlElement {
  const source = text.replace(/^\uFEFF?\s*(<\?xml[^>]*\?>)?/, '');
  const top: OpenElement = { name: '', text: '', children: [] };
  const open: OpenElement[] = [top];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const token = TOKEN.exec(source);
    if (token === null) throw new S3Error('MalformedXML');
    acceptToken(open, token);
  }
  const [only, ...others] = top.children;
  if (open.length !== 1 || only?.name !== root || others.length > 0 || top.text.trim() !== '') {
    throw new S3Error('MalformedXML');
  }
  return only;
}

function acceptToken(open: OpenElement[], token: RegExpExecArray): void {
  const [, closing, name, , empty, text] = token;
  const current = open.at(-1);
  if (current === undefined) throw new S3Error('MalformedXML');
  if (text !== undefined) {
    current.text += unescapeXml(text);
  } else if (closing === '/') {
    if (current.name !== name || open.length === 1) throw new S3Error('MalformedXML');
    open.pop();
  } else if (name !== undefined) {
    const child: OpenElement = { name, text: '', children: [] };
    current.children.push(child);
    if (empty !== '/') open.push(child);
    if (open.length > MAX_DEPTH) throw new S3Error('MalformedXML');
  }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(#x[0-9a-fA-F]{1,6}|#[0-9]{1,7}|[a-z]+);|&/g, (whole, entity: string | undefined) => {
    const plain = entity === undefined ? undefined : (ENTITIES[entity] ?? numericEntity(entity));
    if (plain === undefined) throw new S3Error('MalformedXML', { message: `Unknown entity near "${whole}".` });
    return plain;
  });
}

function numericEntity(entity: string): string | undefined {
  if (!entity.startsWith('#')) return undefined;
  const code = entity.startsWith('#x') ? Number.parseInt(entity.slice(2), 16) : Number.parseInt(entity.slice(1), 10);
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}

/** The text of the one child of that name, or undefined. Two of them are an error: which one did the caller mean? */
export function childText(parent: XmlElement, name: string): string | undefined {
  const found = parent.children.filter((child) => child.name === name);
  if (found.length > 1) throw new S3Error('MalformedXML', { message: `More than one ${name} in ${parent.name}.` });
  return found[0]?.text;
}
