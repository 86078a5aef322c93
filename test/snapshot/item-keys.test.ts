import { expect, test } from 'vitest';
import { InventoryBuilder } from '../../lib/snapshot/inventory.ts';
import { PageCounts } from '../../lib/snapshot/page-counts.ts';
import { placeOf } from '../../lib/snapshot/page-names.ts';
import { PageReader } from '../../lib/snapshot/page-reader.ts';
import { seeded } from '../support/seeded.ts';

/** Types whose items two fields together tell apart. */
const PAIRS = [
  { type: 'permissions', first: 'role', second: 'permission' },
  { type: 'events', first: 'timestamp', second: 'message' },
];

function countOf(page: object, type: string): number {
  const reader = new PageReader();
  reader.feed(Buffer.from(JSON.stringify(page)));
  const found = reader.finish();
  const place = placeOf('mgmt/00000001.json');
  if (typeof found === 'string' || place === undefined) throw new Error('The page of the test is none.');
  const inventory = new InventoryBuilder();
  new PageCounts(inventory).add(found, place);
  return inventory.build().totals[type] ?? 0;
}

test('no two keys are taken for one, whatever their parts have in common with what might stand between them', () => {
  // Everything that somebody might join them with, and quotes and lengths that an escape might come apart at.
  const pieces = [
    ':',
    '::',
    ',',
    '","',
    '"',
    '\\',
    '|',
    '\t',
    '\0',
    '/',
    ' ',
    '1:',
    '2:',
    'a',
    'b',
    'aa',
    '\u{1f600}',
    '',
  ];
  for (const [round, next] of [...seeded(400)].entries()) {
    const text = () =>
      Array.from({ length: Math.floor(next() * 4) }, () => pieces[Math.floor(next() * pieces.length)]).join('');
    for (const { type, first, second } of PAIRS) {
      const whole = text() + text();
      // One text cut at every place, which a plain join would make one key of.
      const cuts = Array.from({ length: whole.length + 1 }, (_, at) => [whole.slice(0, at), whole.slice(at)] as const);
      const pairs = [...cuts, ...cuts.map(([a, b]) => [b, a] as const), ...cuts, [text(), text()] as const];
      const items = pairs.map(([a, b]) => ({ [first]: a, [second]: b }));
      const different = new Set(pairs.map((pair) => JSON.stringify(pair))).size;
      expect(countOf({ type, items }, type), `round ${round}: ${JSON.stringify(whole)}`).toBe(different);
    }
  }
});

test('tenants, sources and what they belong to are told apart in the same way', () => {
  const item = { id: '1' };
  const pages = [
    { type: 'x', source: 'a', source_id: 'b:c', items: [item] },
    { type: 'x', source: 'a:b', source_id: 'c', items: [item] },
    { type: 'x', source: 'ab', source_id: 'c', items: [item] },
    { type: 'x', source: 'a', source_id: 'bc', items: [item] },
  ];
  const inventory = new InventoryBuilder();
  const counts = new PageCounts(inventory);
  for (const page of pages) {
    const reader = new PageReader();
    reader.feed(Buffer.from(JSON.stringify(page)));
    const found = reader.finish();
    const place = placeOf('mgmt/00000001.json');
    if (typeof found === 'string' || place === undefined) throw new Error('The page of the test is none.');
    counts.add(found, place);
  }
  expect(inventory.build().totals['x']).toBe(pages.length);
});
