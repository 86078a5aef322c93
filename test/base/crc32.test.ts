import { crc32 as crc32OfNode } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32, summable } from '../../lib/base/crc32.ts';

const ROOM = 300_000;
const buffer = summable(ROOM);
for (let at = 0; at < ROOM; at += 4) buffer.writeUInt32LE(Math.imul(at + 1, 2654435761) >>> 0, at);

test('a sum is that of Node, wherever the piece lies, however long it is and whatever came before', () => {
  const pieces = fc.record({ at: fc.nat(ROOM), length: fc.nat(ROOM), before: fc.nat(0xffffffff) });
  fc.assert(
    fc.property(pieces, ({ at, length, before }) => {
      const piece = buffer.subarray(at, at + length);
      expect(crc32(piece, before)).toBe(crc32OfNode(piece, before));
    }),
    { numRuns: 300 },
  );
});

test.each([0, 1, 4799, 4800, 12_287, 12_288, 12_289, 16_384, 22_400, 262_144])('a sum of %d bytes', (length) => {
  for (const at of [0, 1, 15, 16]) {
    const piece = buffer.subarray(at, at + length);
    expect(crc32(piece)).toBe(crc32OfNode(piece));
  }
});

test('every single bit counts', () => {
  const piece = buffer.subarray(0, 40_000);
  const whole = crc32(piece);
  for (let at = 0; at < piece.length; at += 997) {
    buffer[at] = (buffer[at] ?? 0) ^ 1;
    expect(crc32(piece)).not.toBe(whole);
    expect(crc32(piece)).toBe(crc32OfNode(piece));
    buffer[at] = (buffer[at] ?? 0) ^ 1;
  }
});

test('pieces one after the other give the sum of the whole, and those of other buffers count as well', () => {
  const other = summable(ROOM);
  buffer.copy(other);
  const ordinary = Buffer.from(buffer);
  const first = crc32(buffer.subarray(0, 100_000));
  const second = crc32(other.subarray(100_000, 200_001), first);
  expect(crc32(ordinary.subarray(200_001), second)).toBe(crc32OfNode(buffer));
});
