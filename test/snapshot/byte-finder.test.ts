import { expect, test } from 'vitest';
import { ByteFinder, MAX_FIND_BYTES, NO_PLACE } from '../../lib/snapshot/byte-finder.ts';
import { seeded } from '../support/seeded.ts';

test('every wanted byte of a piece is found, and no other, whatever was looked through before', () => {
  for (const [round, next] of [...seeded(2000)].entries()) {
    const below = (limit: number) => Math.floor(next() * limit);
    const wanted = Array.from({ length: 1 + below(8) }, () => below(256));
    const byte = () => (below(3) === 0 ? (wanted[below(wanted.length)] ?? 0) : below(256));
    const piece = Uint8Array.from({ length: below(100) }, byte);
    const expected = [...piece.keys()].filter((place) => wanted.includes(piece[place] ?? 0));
    const found = new ByteFinder(wanted).find(piece).subarray(0, expected.length + 1);
    expect([...found], `round ${round}`).toEqual([...expected, NO_PLACE]);
  }
});

test('the largest piece may be nothing but wanted bytes', () => {
  const found = new ByteFinder([0]).find(new Uint8Array(MAX_FIND_BYTES));
  expect(found.subarray(0, MAX_FIND_BYTES).every((place, index) => place === index)).toBe(true);
  expect(found[MAX_FIND_BYTES]).toBe(NO_PLACE);
});

test('bytes of nine upper halves are not told apart, and that is said', () => {
  expect(() => new ByteFinder([0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x80])).toThrow(RangeError);
});
