import { inflateRawSync } from 'node:zlib';
import type { TestMember } from './zip.ts';

/** A member as a test may change it. */
export interface Part {
  name: string;
  data: Buffer;
}

/** The members of a well-formed archive without ZIP64, by a reading of the format of its own. */
export function partsOf(zip: Buffer): Part[] {
  const parts: Part[] = [];
  let at = zip.readUInt32LE(zip.length - 6);
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const nameEnd = at + 46 + zip.readUInt16LE(at + 28);
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const bytes = zip.subarray(start, start + zip.readUInt32LE(at + 20));
    const data = zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(bytes) : bytes;
    parts.push({ name: zip.toString('utf8', at + 46, nameEnd), data: Buffer.from(data) });
    at = nameEnd + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return parts;
}

export function membersOf(parts: readonly Part[]): TestMember[] {
  return parts.map(({ name, data }) => ({ name, data, method: 0 }));
}

type Random = () => number;
type Edit = (data: Buffer, random: Random) => Buffer;

const below = (random: Random, limit: number) => Math.floor(random() * limit);
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)] as T;

/** Two places in order, at most `longest` apart. */
function range(data: Buffer, random: Random, longest: number): [number, number] {
  const from = below(random, data.length);
  return [from, Math.min(data.length, from + 1 + below(random, longest))];
}

const splice = (data: Buffer, from: number, to: number, put: Buffer | string) =>
  Buffer.concat([data.subarray(0, from), Buffer.from(put), data.subarray(to)]);

/** Bytes that mean something to one of the readers. */
const MEANINGFUL = [
  ...[
    '\t',
    '\n',
    '\\',
    '\\.',
    '\\.\n',
    '\\N',
    '\r',
    '\r\n',
    '\0',
    ' ',
    "'",
    '"',
    ';',
    '--',
    '/*',
    '(',
    ')',
    '$$',
    '{',
    '}',
    '[',
    ']',
  ],
  ...[
    ',',
    ':',
    '\\u0041',
    '\\ud83d',
    'NaN',
    '-',
    '0',
    '1e5',
    'null',
    'true',
    '\u00e9',
    '\ufeff',
    '\u00a0',
    '\\x41',
    '\\101',
    '\\t',
  ],
];

const anywhere: readonly Edit[] = [
  (data, random) => data.subarray(0, below(random, data.length)),
  (data, random) => splice(data, ...range(data, random, 2000), ''),
  (data, random) => splice(data, ...range(data, random, 40), ''),
  (data, random) => {
    const [from, to] = range(data, random, 4096);
    return splice(data, from, to, Buffer.alloc(to - from));
  },
  (data, random) => {
    const [from, to] = range(data, random, 1500);
    return splice(data, to, to, data.subarray(from, to));
  },
  (data, random) => {
    const [from, to] = range(data, random, 800);
    const at = below(random, data.length);
    return splice(data, at, at, data.subarray(from, to));
  },
  (data, random) => {
    const at = below(random, data.length);
    return splice(data, at, at + 1, Buffer.of(below(random, 256)));
  },
  (data, random) => {
    const at = below(random, data.length);
    return splice(data, at, at + below(random, 2), pick(random, MEANINGFUL));
  },
  (data, random) =>
    pick(random, [latin1, utf16, (text: Buffer) => Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), text]), crlf])(data),
];

const latin1 = (data: Buffer) => Buffer.from(data.toString().replace(/a/, '\u00e9'), 'latin1');
const utf16 = (data: Buffer) => Buffer.from(data.toString(), 'utf16le');
const crlf = (data: Buffer) => Buffer.from(data.toString().replaceAll('\n', '\r\n'));

/** Lines as a whole: what an editor, a sort or a merge does. */
const lines =
  (change: (lines: string[], random: Random) => void): Edit =>
  (data, random) => {
    const list = data.toString().split('\n');
    change(list, random);
    return Buffer.from(list.join('\n'));
  };

const ofLines: readonly Edit[] = [
  lines((list, random) => void list.splice(below(random, list.length), 1 + below(random, 3))),
  lines((list, random) => void list.splice(below(random, list.length), 0, pick(random, list))),
  lines((list, random) => {
    const [one, other] = [below(random, list.length), below(random, list.length)];
    [list[one], list[other]] = [list[other] ?? '', list[one] ?? ''];
  }),
  lines((list, random) => void list.splice(below(random, list.length), 0, pick(random, STATEMENTS))),
  lines((list, random) => {
    const headers = [...list.keys()].filter((at) => list[at]?.startsWith('COPY'));
    const at = pick(random, headers) ?? 0;
    const swap = pick(random, [
      (s: string) => s.toLowerCase(),
      (s: string) => s.replace('public.', ''),
      (s: string) => s.replace(/(\w+) \(/, '"$1" ('),
    ]);
    list[at] = swap(list[at] ?? '');
  }),
  // From the middle of one table to the middle of another one.
  lines((list, random) => {
    const from = below(random, list.length);
    list.splice(from, below(random, list.length - from));
  }),
];

const STATEMENTS = [
  'SET search_path = audit, pg_catalog;',
  'SET search_path = public, pg_catalog;',
  "SELECT pg_catalog.set_config('search_path', '', false);",
  "DELETE FROM public.executions WHERE id = 'no such';",
  'DELETE FROM public.executions;',
  "INSERT INTO public.tenants VALUES (7, 'x');",
  'TRUNCATE public.blueprints;',
  '-- PostgreSQL database dump complete',
  '-- Data for Name: sites; Type: TABLE DATA; Schema: public; Owner: cloudify',
  'COPY public.other (id) FROM stdin;',
  '\\.',
  '\\unrestrict x',
  '/*',
  '',
  '--',
];

interface PageValue {
  type: unknown;
  items: Record<string, unknown>[];
  [key: string]: unknown;
}

/** A page as a value, written again in one of the ways that JSON allows. */
const page =
  (change: (value: PageValue, random: Random) => void): Edit =>
  (data, random) => {
    try {
      const value: PageValue = JSON.parse(data.toString());
      change(value, random);
      return Buffer.from(pick(random, WAYS)(JSON.stringify(value, null, pick(random, [0, 2])), random));
    } catch {
      return data;
    }
  };

const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Ways to write the same value. */
const WAYS: readonly ((text: string, random: Random) => string)[] = [
  (text) => text,
  (text) => text.replace(/[\u0080-\uffff]/g, escaped),
  (text) => text.replace(/([{[,:]) ?"/g, '$1 \t\n"'),
  // Letters of keys and values as escapes, here and there.
  (text, random) => text.replace(/"[a-z_]+"/g, (word) => (random() < 0.05 ? word.replace(/[a-z]/, escaped) : word)),
];

const KEYS = ['id', 'name', 'key', 'username', 'role', 'permission', 'timestamp', 'message', 'type'];
const VALUES = ['a', 1, 1.5, true, null, '', [], {}, '\u00e9'];

const ofPages: readonly Edit[] = [
  page(() => {}),
  page(({ items }, random) => void items.push({ ...pick(random, items) })),
  page(({ items }, random) => void items.splice(below(random, items.length), 1)),
  page(({ items }) => void items.reverse()),
  page(({ items }, random) => Object.assign(pick(random, items), { [pick(random, KEYS)]: pick(random, VALUES) })),
  page(({ items }, random) => void delete pick(random, items)?.[pick(random, KEYS)]),
  page(({ items }, random) => {
    const key = pick(random, KEYS);
    const [one, other] = [pick(random, items), pick(random, items)];
    if (one && other && key in other) one[key] = other[key];
  }),
  page(
    (value, random) =>
      void Object.assign(value, {
        [pick(random, ['type', 'source', 'source_id', 'items', 'other'])]: pick(random, VALUES),
      }),
  ),
  page(
    (value, random) =>
      void Object.assign(value, {
        type: pick(random, ['sites', 'users', 'nodes', 'events', 'secrets', 'permissions']),
      }),
  ),
  // `type` behind `items`.
  page((value) => {
    const { type } = value;
    delete (value as Partial<PageValue>).type;
    value.type = type;
  }),
];

/** Among the members: pages that come again, with other items, under other names; folders that are lost. */
function amongMembers(parts: Part[], random: Random): void {
  const pages = parts.filter(({ name }) => /\d{8}\.json$/.test(name));
  const chosen = pick(random, pages.length > 0 ? pages : parts);
  const at = parts.indexOf(chosen);
  const appended = chosen.name.replace(/\d{8}/, `0000${1000 + below(random, 9000)}`);
  const rename = (name: string) => {
    chosen.name = name;
  };
  const changes: (() => void)[] = [
    () => void parts.splice(at, 1),
    () =>
      void parts.splice(below(random, parts.length), 0, {
        name: appended,
        data: pick(random, ofPages)(chosen.data, random),
      }),
    () =>
      void parts.splice(below(random, parts.length), 0, {
        name: chosen.name,
        data: pick(random, ofPages)(chosen.data, random),
      }),
    () => rename(chosen.name.replace('default_tenant', 'staging').replace(/\d{8}/, '00009999')),
    () => rename(chosen.name.replace(/\d{8}/, pick(random, ['1', 'x', '00000001', '000000010', 'sites/0']))),
    () =>
      void parts.splice(
        parts.findIndex(({ name }) => /^tenants\/[^/]+\/$/.test(name)),
        1,
      ),
    () => void parts.push(...parts.splice(0, below(random, parts.length))),
  ];
  pick(random, changes)();
}

/** One to three random changes to the content of an archive, in place. */
export function editContent(parts: Part[], random: Random): void {
  for (let times = 1 + below(random, 3); times > 0; times--) {
    if (random() < 0.2) amongMembers(parts, random);
    const readable = parts.filter(
      ({ name, data }) =>
        data.length > 0 && /(?:_data|\.json|\.conf)$/.test(name) && !/^(?:composer|stage)\//.test(name),
    );
    const main = readable.filter(({ name }) => name === 'pg_data' || /\d{8}\.json$/.test(name));
    const part = pick(random, random() < 0.8 && main.length > 0 ? main : readable);
    const structural = part.name.endsWith('_data') ? ofLines : ofPages;
    part.data = Buffer.from(pick(random, random() < 0.6 ? structural : anywhere)(part.data, random));
  }
}

/** One to three random changes to a dump. */
export function editDump(dump: Buffer, random: Random): Buffer {
  let data = dump;
  for (let times = 1 + below(random, 3); times > 0 && data.length > 0; times--) {
    data = Buffer.from(pick(random, random() < 0.6 ? ofLines : anywhere)(data, random));
  }
  return data;
}
