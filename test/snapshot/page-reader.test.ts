import { expect, test } from 'vitest';
import { PageFault } from '../../lib/snapshot/item-store.ts';
import { type Page, PageReader } from '../../lib/snapshot/page-reader.ts';

interface Read {
  readonly type: string | undefined;
  readonly items: number;
  readonly logs: number;
  readonly different: number;
}

/** What is read of a page in pieces, or what is wrong with it. */
function read(text: string | Buffer, pieceBytes = Number.POSITIVE_INFINITY, folder = 'x'): Read | string {
  const data = Buffer.from(text);
  const reader = new PageReader();
  for (let at = 0; at < data.length; at += pieceBytes) reader.feed(data.subarray(at, at + pieceBytes));
  try {
    const page = reader.finish();
    return typeof page === 'string' ? `no JSON: ${page}` : { type: page.type, ...summary(page, page.type ?? folder) };
  } catch (error) {
    if (!(error instanceof PageFault)) throw error;
    return `no page: ${error.message}`;
  }
}

function summary(page: Page, type: string): Omit<Read, 'type'> {
  const different = new Set<string>();
  let [items, logs] = [0, 0];
  page.read(type, (first, second, isLog) => {
    items++;
    if (isLog) logs++;
    different.add(`${first} ${second}`);
  });
  return { items, logs, different: different.size };
}

// Names and values that look like the structure around them.
const ITEMS: readonly object[] = [
  { id: '1', timestamp: 'a', type: 'cloudify_log', message: 'x' },
  { id: '2', timestamp: 'a', message: '"type": "cloudify_log", [{', type: 'cloudify_event' },
  { id: '3', timestamp: 'a', inner: { type: 'cloudify_log', id: '1', items: [1, 2, 3] }, type: 'other', message: '' },
  { list: ['id', 'cloudify_log', { type: 'cloudify_log' }], items: [{}, {}], message: null, timestamp: 1, id: 4 },
  { type: { type: 'cloudify_log' }, after: 'cloudify_log', id: '5', timestamp: 'b', message: true },
  { 'a\\': '\\"', 'b"': '}],{[', '\u2028': '\u{1f600} é', '': '', id: '6', timestamp: 'c', message: 'é' },
  {
    plan: 'x'.repeat(1000),
    ['k'.repeat(400)]: 1,
    type: 'cloudify_log',
    id: '\u{1f600}',
    timestamp: 'd',
    message: '\n',
  },
  {
    id: '8',
    numbers: [0, -1, 1.5, -1.5e-7, 1e5, 123456789012345],
    timestamp: 'e',
    message: 'm',
    n: null,
    t: true,
    f: false,
  },
];

const PAGES = [
  { type: 'events', items: ITEMS },
  { items: ITEMS, type: 'events', source: 'executions', source_id: 'x' },
  { type: 'a "quoted" \\ é name', items: ITEMS },
  { latest_timestamp: '2026', items: [{ name: 'a' }, { name: 'b' }], type: 'sites' },
  { meta: { type: 'no', items: [1, 2] }, type: 'yes', items: [{ id: 1 }] },
  { items: [] },
];

test.each(PAGES.flatMap((page) => [JSON.stringify(page), JSON.stringify(page, null, 2)]))(
  'page %# has the items that JSON.parse finds, in pieces of any size',
  (text) => {
    const { type, items } = JSON.parse(text);
    const logs = items.filter((item: { type?: unknown }) => item.type === 'cloudify_log').length;
    const whole = {
      type,
      items: items.length,
      logs: type === 'events' ? logs : expect.any(Number),
      different: items.length,
    };
    expect(read(text)).toEqual(whole);
    for (const size of [1, 2, 3, 5, 17, 64, 255]) expect(read(text, size), `pieces of ${size}`).toEqual(whole);
    const data = Buffer.from(text);
    for (let at = 1; at < data.length; at++) {
      const reader = new PageReader();
      reader.feed(data.subarray(0, at));
      reader.feed(data.subarray(at));
      const page = reader.finish();
      if (typeof page === 'string') throw new Error(`cut at ${at}: ${page}`);
      expect(summary(page, type ?? 'x').different, `cut at ${at}`).toBe(items.length);
    }
  },
);

test('a key, a type or an id written with escapes is the same', () => {
  const text =
    '{"\\u0074ype": "ev\\u0065nts", "it\\u0065ms": [{"typ\\u0065": "cloudify\\u005flog", "timestamp": "", "message": ""}]}';
  expect(read(text)).toEqual({ type: 'events', items: 1, logs: 1, different: 1 });
  const ids = ['"é\u{1f600}"', '"\\u00e9\\ud83d\\ude00"', '"\\u00E9\u{1f600}"'].map((id) => `{"id": ${id}}`);
  expect(read(`{"type": "blueprints", "items": [${ids}]}`)).toMatchObject({ items: 3, different: 1 });
});

test('what is one key of a dictionary of Python is one item', () => {
  const ids = ['1', '1.0', '10e-1', 'true', '"1"', 'null', '"null"', '1e400', 'Infinity', '-0', '0', 'false', '-0.0'];
  const page = `{"type": "x", "items": [${ids.map((id) => `{"id": ${id}}`)}]}`;
  // 1 (4 ways), "1", null, "null", infinity (2), 0 (4)
  expect(read(page)).toMatchObject({ items: 13, different: 6 });
  expect(read(page, 1)).toMatchObject({ items: 13, different: 6 });
});

const inItem = (text: string) => `{"type": "x", "items": [{"id": "a", "v": ${text}}]}`;

test.each([
  'NaN',
  '-Infinity',
  'Infinity',
  '-0',
  '0.0',
  '1E+2',
  '1e-2',
  '12345678901234567890',
  '"\\ud800"',
  '"\\/\\b\\f\\n\\r\\t\\"\\\\"',
  '"\u007f\u2028"',
  '[]',
  '{}',
  '[[], {}, [{}]]',
  ` \t\r\n1 \t\r\n`,
  '1'.repeat(4300),
  `-${'1'.repeat(4300)}`,
  `${'['.repeat(890)}${']'.repeat(890)}`,
])('Python takes %s', (text) => {
  for (const size of [1, 7, 10_000]) expect(read(inItem(text), size)).toMatchObject({ items: 1 });
});

test.each([
  'nan',
  'Nan',
  'TRUE',
  'tru',
  'truex',
  'nul',
  '+1',
  '01',
  '-01',
  '1.',
  '.5',
  '1e',
  '1e+',
  '-',
  '--1',
  '1-2',
  '0x1',
  '1_0',
  "'a'",
  '"a',
  '"\\x41"',
  '"\\u12"',
  '"\\u12g4"',
  '"\\u+123"',
  '"\u0001"',
  '"\t"',
  '"\n"',
  '"\0"',
  '\0',
  '\u00a0 1',
  '\u000b1',
  '\u000c1',
  '\ufeff1',
  '[1,]',
  '[,1]',
  '[1 2]',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{a:1}',
  '{1:1}',
  '{"a" 1}',
  '{"a"::1}',
  '[1}',
  '{"a":1]',
  ']',
  '1,',
  '/* */ 1',
  '// \n1',
  'undefined',
  '-NaN',
  '+Infinity',
  'Infinityx',
  '1'.repeat(4301),
  `${'['.repeat(1000)}${']'.repeat(1000)}`,
  '',
])('Python does not take %s', (text) => {
  for (const size of [1, 7, 10_000]) expect(read(inItem(text), size), `pieces of ${size}`).toMatch(/^no JSON/);
});

test.each([
  ['a lone continuation', [0x80]],
  ['overlong', [0xc0, 0xaf]],
  ['overlong of three', [0xe0, 0x80, 0xaf]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['latin1', [0xe9]],
  ['cut off', [0xe2, 0x82]],
  ['five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
])('bytes that are not UTF-8 (%s) are refused, in pieces of any size', (_, bytes) => {
  const page = Buffer.concat([
    Buffer.from('{"type": "x", "items": [{"id": "'),
    Buffer.from(bytes),
    Buffer.from('"}]}'),
  ]);
  for (const size of [1, 2, 3, 5, 10_000]) expect(read(page, size), `pieces of ${size}`).toMatch(/^no JSON/);
});

test.each([
  ['cut off', '{"type": "x", "items": [{"id": "1"}'],
  ['cut off in a string', '{"type": "x", "items": [{"id": "'],
  ['empty', ''],
  ['only white space', ' \n'],
  ['followed by something', '{"items": []} {}'],
  ['closed twice', '{"items": []}}'],
  ['binary', '\0\x01PK'],
  ['UTF-16', Buffer.from('{"items": []}', 'utf16le')],
])('a page that is %s is no JSON', (_, text) => {
  for (const size of [1, 10_000]) expect(read(text, size)).toMatch(/^no JSON/);
});

test.each([
  ['a list', '[1]', 'is no JSON object'],
  ['a text', '"type"', 'is no JSON object'],
  ['without items', '{"type": "sites"}', 'no list "items"'],
  ['with items that are null', '{"type": "sites", "items": null}', '"items" that are no list'],
  ['with items that are an object', '{"type": "sites", "items": {"a": [1]}}', '"items" that are no list'],
  ['with an item that is a number', '{"type": "sites", "items": [1]}', 'an item that is no object'],
  ['with an item that is a list', '{"type": "sites", "items": [[]]}', 'an item that is no object'],
  ['with items twice', '{"type": "sites", "items": [], "items": []}', '"items" twice'],
  ['with a type that is a number', '{"type": 5, "items": []}', '"type" that is no text'],
  ['with a source that is a list', '{"type": "x", "source_id": [], "items": []}', '"source_id" that is no text'],
  ['with a site without its name', '{"type": "sites", "items": [{"id": "a"}]}', 'without "name"'],
  ['with a secret without its key', '{"items": [{"id": "a", "name": "b"}], "type": "secrets"}', 'without "key"'],
  ['with a permission without its role', '{"type": "permissions", "items": [{"permission": "b"}]}', 'without "role"'],
  ['with an id that is a list', '{"type": "nodes", "items": [{"id": []}]}', 'whose "id" is no text'],
])('a page %s is JSON, but no page', (_, text, why) => {
  for (const size of [1, 10_000]) expect(read(text, size)).toMatch(/^no page/);
  expect(read(text)).toContain(why);
});

test('a page of 500 blueprints with plans of 200 KB is read without being held', () => {
  const blueprint = (id: number) =>
    Buffer.from(JSON.stringify({ id: `b${id}`, plan: { text: 'y\\"{[,'.repeat(30_000) } }));
  const reader = new PageReader();
  const before = process.memoryUsage().arrayBuffers;
  reader.feed(Buffer.from('{"type": "blueprints", "items": ['));
  for (let index = 0; index < 500; index++) {
    if (index > 0) reader.feed(Buffer.from(', '));
    reader.feed(blueprint(index));
  }
  reader.feed(Buffer.from(']}'));
  const page = reader.finish();
  if (typeof page === 'string') throw new Error(page);
  expect(summary(page, 'blueprints')).toEqual({ items: 500, logs: 0, different: 500 });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(150 * 1024 * 1024);
});
