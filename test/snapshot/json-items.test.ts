import { expect, test } from 'vitest';
import type { PageCount } from '../../lib/snapshot/json-items.ts';
import { ItemCounter } from '../../lib/snapshot/json-items.ts';

function count(text: string | Buffer, pieceBytes = Number.POSITIVE_INFINITY): PageCount | undefined {
  const data = Buffer.from(text);
  const counter = new ItemCounter();
  for (let at = 0; at < data.length; at += pieceBytes) counter.feed(data.subarray(at, at + pieceBytes));
  return counter.finish();
}

/** The same by JSON.parse. */
function expected(text: string): PageCount {
  const page: { type?: string; items: unknown[] } = JSON.parse(text);
  const logs = page.items.filter((item) => (item as { type?: unknown } | null)?.type === 'cloudify_log').length;
  return { type: page.type, items: page.items.length, logs };
}

// Names and values that look like the structure around them.
const ITEMS: readonly unknown[] = [
  { type: 'cloudify_log', message: 'x' },
  { message: '"type": "cloudify_log", [{', type: 'cloudify_event' },
  { inner: { type: 'cloudify_log', items: [1, 2, 3] }, type: 'other' },
  { list: ['type', 'cloudify_log', { type: 'cloudify_log' }], items: [{}, {}] },
  { type: { type: 'cloudify_log' }, after: 'cloudify_log' },
  { 'a\\': '\\"', 'b"': '}],{[', '\u2028': '\u{1f600} é', '': '' },
  ['type', 'cloudify_log'],
  'cloudify_log, "type"',
  '',
  null,
  true,
  -1.5e-7,
  [],
  {},
  [[[[[[{ deep: [[]] }]]]]]],
  { plan: 'x'.repeat(1000), ['k'.repeat(400)]: 1, type: 'cloudify_log' },
];

const PAGES = [
  { type: 'events', items: ITEMS },
  { items: ITEMS, type: 'events', source: 'executions', source_id: 'x' },
  { type: 'a "quoted" \\ é name', items: [] },
  { latest_timestamp: '2026', items: [{}], type: 'sites' },
  { meta: { type: 'no', items: [1, 2] }, type: 'yes', items: [1] },
  { items: [1, 2, 3] },
];

test.each(PAGES.flatMap((page) => [JSON.stringify(page), JSON.stringify(page, null, 2)]))(
  'page %# has the items that JSON.parse finds, in pieces of any size',
  (text) => {
    const whole = expected(text);
    expect(count(text)).toEqual(whole);
    for (const size of [1, 2, 3, 5, 17, 64, 255]) expect(count(text, size), `pieces of ${size}`).toEqual(whole);
    const data = Buffer.from(text);
    for (let at = 1; at < data.length; at++) {
      const counter = new ItemCounter();
      counter.feed(data.subarray(0, at));
      counter.feed(data.subarray(at));
      expect(counter.finish(), `cut at ${at}`).toEqual(whole);
    }
  },
);

test('a key or a type written with escapes is the same key or type', () => {
  const text = '{"\\u0074ype": "s\\u0069tes", "it\\u0065ms": [{"typ\\u0065": "cloudify\\u005flog"}]}';
  expect(count(text)).toEqual({ type: 'sites', items: 1, logs: 1 });
});

test('Python escapes everything that is not ASCII; the counts are the same', () => {
  expect(count('{"type": "secrets", "items": [{"k": "\\ud83d\\ude00\\"\\\\"}, {"k": "\\\\\\""}]}')).toMatchObject({
    items: 2,
  });
});

test.each([
  ['cut off', '{"type": "x", "items": [1, 2'],
  ['cut off in a string', '{"type": "x", "items": ["a'],
  ['empty', ''],
  ['only white space', ' \n'],
  ['a list', '[1]'],
  ['a text', '"type"'],
  ['closed by the wrong bracket', '{"items": [1}]'],
  ['followed by something', '{"items": []} {}'],
  ['closed twice', '{"items": []}}'],
  ['binary', '\0\x01PK'],
])('a page that is %s is none', (_, text) => {
  expect(count(text)).toBeUndefined();
  expect(count(text, 1)).toBeUndefined();
});

test('a page without items, or with items that are no list, has none', () => {
  expect(count('{"type": "configuration", "items": {"a": [1, 2]}}')).toEqual({
    type: 'configuration',
    items: 0,
    logs: 0,
  });
  expect(count('{"snapshot_version": "7.1.0"}')).toEqual({ type: undefined, items: 0, logs: 0 });
});

test('nesting has no limit', () => {
  const deep = `{"type": "x", "items": [${'['.repeat(100_000)}${']'.repeat(100_000)}, {}]}`;
  expect(count(deep, 1000)).toEqual({ type: 'x', items: 2, logs: 0 });
});

test('a page of 500 blueprints with plans of 200 KB is counted without being held', () => {
  const plan = Buffer.from(JSON.stringify({ id: 'b', plan: { text: 'y\\"{[,'.repeat(30_000) } }));
  const counter = new ItemCounter();
  const before = process.memoryUsage().arrayBuffers;
  counter.feed(Buffer.from('{"type": "blueprints", "items": ['));
  for (let index = 0; index < 500; index++) {
    if (index > 0) counter.feed(Buffer.from(', '));
    counter.feed(plan);
  }
  counter.feed(Buffer.from(']}'));
  expect(counter.finish()).toEqual({ type: 'blueprints', items: 500, logs: 0 });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * 1024 * 1024);
});
