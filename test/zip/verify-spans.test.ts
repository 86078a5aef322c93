import { expect, test } from 'vitest';
import type { Member } from '../../lib/zip/member.ts';
import type { VerifySpan } from '../../lib/zip/verify-spans.ts';
import {
  DEFAULT_TARGET_BYTES,
  MAX_MEMBER_COMPRESSED_BYTES,
  MAX_MEMBER_INFLATED_BYTES,
  MAX_SPANS,
  SpanPlanner,
} from '../../lib/zip/verify-spans.ts';

const GiB = 1024 ** 3;

/** Members that take these many bytes one after another, headers and all. */
function membersOf(sizes: readonly number[], inflated: (size: number) => number = (size) => size): Member[] {
  let offset = 0;
  return sizes.map((size) => {
    const start = offset;
    offset += size;
    const rest = { name: 'x', nameBytes: Buffer.from('x'), crc32: 0, method: 8, flags: 0 };
    return { ...rest, offset: start, end: offset, compressedSize: size - 31, size: inflated(size) };
  });
}

function plan(members: readonly Member[], targetBytes?: number): VerifySpan[] {
  const planner = new SpanPlanner('archive.zip', members.at(-1)?.end ?? 0, targetBytes);
  for (const member of members) planner.add(member);
  return planner.finish();
}

test('small members share spans of at least the target, the last one takes the rest', () => {
  expect(plan(membersOf([40, 40, 40, 40, 40]), 100)).toEqual([
    { firstMember: 0, members: 3, start: 0, end: 120 },
    { firstMember: 3, members: 2, start: 120, end: 200 },
  ]);
});

test('a member of the target or more is a span by itself', () => {
  expect(plan(membersOf([40, 100, 40, 500, 40]), 100).map(({ members }) => members)).toEqual([1, 1, 1, 1, 1]);
});

test('spans that were cut once are cut there again, whatever the target is by now', () => {
  const members = membersOf([40, 100, 40, 500, 40, 10]);
  const once = plan(members, 100);
  const again = new SpanPlanner(
    'archive.zip',
    730,
    1000,
    once.map(({ end }) => end),
  );
  for (const member of members) again.add(member);
  expect(again.finish()).toEqual(once);
});

test('no members are no spans', () => {
  expect(plan([])).toEqual([]);
});

test.each([
  ['10 members of 1 MiB', Array(10).fill(2 ** 20), 1],
  ['30 GiB in members of 1 GiB', Array(30).fill(GiB), 15],
  ['a 12 GiB dump and 1,000 plugins of 100 MiB', [12 * GiB, ...Array(1000).fill(100 * 2 ** 20)], 49],
  ['100,000 members of 40 MiB: 3.8 TiB', Array(100_000).fill(40 * 2 ** 20), 250],
  [
    'small ones between large ones: 3 TiB',
    Array(600)
      .fill([4, 8 * GiB])
      .flat()
      .slice(0, 800),
    499,
  ],
])('%s are cut within the limits, nothing left out', (_, sizes, most) => {
  const members = membersOf(sizes);
  const spans = plan(members);
  expect(spans.length).toBeLessThanOrEqual(Math.min(most, MAX_SPANS));
  expect(spans.reduce((sum, span) => sum + span.members, 0)).toBe(members.length);
  let [next, end] = [0, 0];
  for (const span of spans) {
    expect(span).toMatchObject({ firstMember: next, start: end });
    expect(span.end - span.start).toBeLessThanOrEqual(MAX_MEMBER_COMPRESSED_BYTES);
    expect(JSON.stringify(span).length).toBeLessThanOrEqual(85);
    next += span.members;
    end = span.end;
  }
  expect(end).toBe(members.at(-1)?.end);
});

test('a span never inflates to more than one call manages', () => {
  const spans = plan(membersOf(Array(100).fill(2 ** 20), () => 10 * GiB));
  expect(spans.map(({ members }) => members)).toEqual(Array(25).fill(4));
});

test('limits follow from 800 s at 20 MiB/s stored and 60 MiB/s inflated', () => {
  expect(MAX_MEMBER_COMPRESSED_BYTES).toBe(16_777_216_000);
  expect(MAX_MEMBER_INFLATED_BYTES).toBe(50_331_648_000);
  expect(DEFAULT_TARGET_BYTES).toBe(2 * GiB);
});

test.each([
  ['stored', membersOf([MAX_MEMBER_COMPRESSED_BYTES]), membersOf([MAX_MEMBER_COMPRESSED_BYTES + 1])],
  [
    'inflated',
    membersOf([100], () => MAX_MEMBER_INFLATED_BYTES),
    membersOf([100], () => MAX_MEMBER_INFLATED_BYTES + 1),
  ],
])('one byte %s above the limit of a member is ArchiveTooLarge', (_, fits, tooLarge) => {
  expect(plan(fits)).toHaveLength(1);
  expect(() => plan(tooLarge)).toThrow(expect.objectContaining({ name: 'ArchiveTooLarge' }));
});

test('an archive of more spans than one run carries is ArchiveTooLarge', () => {
  const members = membersOf(Array(MAX_SPANS + 1).fill(MAX_MEMBER_COMPRESSED_BYTES));
  expect(() => plan(members)).toThrow(expect.objectContaining({ name: 'ArchiveTooLarge' }));
});
