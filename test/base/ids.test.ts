import fc from 'fast-check';
import { expect, test } from 'vitest';
import { snapshotIdAt, timeOfSnapshotId } from '../../lib/base/ids.ts';
import { indexMonthOf, keysOf, snapshotOfRecordKey } from '../../lib/storage/layout.ts';

const digits = (count: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: count, maxLength: count });
const names = fc.tuple(digits(8), digits(6)).map(([day, time]) => `offsite-${day}T${time}Z`);

test('a name tells a time only if that time has this name, and whatever it is, it has its keys', () => {
  fc.assert(
    fc.property(names, (name) => {
      const time = timeOfSnapshotId(name);
      if (time) expect(snapshotIdAt(time)).toBe(name);
      const { manifest } = keysOf('m1', name);
      expect(snapshotOfRecordKey('manifest', 'm1', manifest)).toBe(name);
      expect(indexMonthOf(name)).toBe(time?.toISOString().slice(0, 7) ?? 'other');
    }),
    { numRuns: 500 },
  );
});

test('each time of a day has a name that tells it', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }), (at) => {
      const second = new Date(Math.floor(at.getTime() / 1000) * 1000);
      expect(timeOfSnapshotId(snapshotIdAt(second))).toEqual(second);
    }),
  );
});

test.each(['20261301T000000', '20260230T000000', '20260931T000000', '20260101T240000', '20260101T006000'])(
  'offsite-%sZ tells no time',
  (time) => expect(timeOfSnapshotId(`offsite-${time}Z`)).toBeUndefined(),
);
