import { describe, expect, test } from 'vitest';
import { type Entry, isFlagged } from '../../lib/catalogue/entry.ts';
import type { Flag } from '../../lib/catalogue/records.ts';
import { driftOf, NEW_NORMAL_RUNS } from '../../lib/export/drift.ts';

type Night = Partial<
  Record<'tenants' | 'users' | 'blueprints' | 'deployments' | 'plugins' | 'secrets' | 'size', number>
>;
const usual = { tenants: 4, users: 10, blueprints: 40, deployments: 100, plugins: 12, secrets: 20, size: 1_000_000 };

/** Nights in a row, each recorded with the flags that the ones before it give it. */
class History {
  readonly entries: Entry[] = [];
  /** Hours from one to the next. */
  every = 24;
  #at = Date.UTC(2026, 10, 22, 2);
  readonly flags: Flag[][] = [];

  play(...nights: readonly Night[]): this {
    for (const night of nights) {
      const { size, ...totals } = { ...usual, ...night };
      const flags = driftOf({ totals, size }, this.entries, 50);
      this.flags.push(flags);
      this.#at += this.every * 3600_000;
      const times = { snapshotReady: new Date(this.#at).toISOString() };
      const manifest = { inventory: { totals, tenants: {} }, archive: { size }, times, ...(flags[0] ? { flags } : {}) };
      this.entries.push({ manifest, stored: {}, mark: null, keep: null, accept: null, unreadable: [] } as never);
    }
    return this;
  }

  acceptLast(): this {
    const last = this.entries.pop();
    if (last) this.entries.push({ ...last, accept: { at: '2026-11-22T02:00:00.000Z' } as never });
    return this;
  }

  /** One letter a night: `.` nothing odd, `!` flagged. */
  get picture(): string {
    return this.flags.map((flags) => (flags.length > 0 ? '!' : '.')).join('');
  }
}

const times = (count: number, night: Night = {}) => Array.from({ length: count }, () => night);
const few: Night = { deployments: 10 };

describe('what is flagged', () => {
  test.each<[string, Night, string[]]>([
    ['nothing changed', {}, []],
    ['exactly half of the deployments', { deployments: 50 }, []],
    ['one less than half', { deployments: 49 }, ['deployments']],
    ['no secrets any more', { secrets: 0 }, ['secrets']],
    ['half the size and a byte less', { size: 499_999 }, ['size']],
    ['more of everything', { tenants: 40, deployments: 1000, size: 9_000_000 }, []],
    [
      'an empty manager',
      { tenants: 1, users: 1, blueprints: 0, deployments: 0, plugins: 0, secrets: 0, size: 20_000 },
      ['tenants', 'users', 'blueprints', 'deployments', 'plugins', 'secrets', 'size'],
    ],
  ])('%s', (_, night, types) => {
    const flags = new History().play(...times(3), night).flags.at(-1);
    expect(flags?.map(({ type }) => type)).toEqual(types);
  });

  test('says from what to what, and by how much', () => {
    const [flag] = new History().play(...times(3), { deployments: 12 }).flags.at(-1) ?? [];
    expect(flag).toEqual({ kind: 'drift', type: 'deployments', before: 100, now: 12, percent: 88 });
  });

  test('the first night has nothing to be compared with, and one that was always empty does not fall', () => {
    expect(new History().play({ plugins: 0 }, { plugins: 0 }, { plugins: 0 }).picture).toBe('...');
  });

  test('the only one that there was is gone: flagged, however few that is', () => {
    expect(new History().play({ plugins: 1 }, { plugins: 0 }).picture).toBe('.!');
  });

  test('a share of its own: 20 per cent', () => {
    const { entries } = new History().play(...times(3));
    const totals = { ...usual, deployments: 79 };
    expect(driftOf({ totals, size: usual.size }, entries, 20).map(({ type }) => type)).toEqual(['deployments']);
    expect(driftOf({ totals: { ...usual, deployments: 80 }, size: usual.size }, entries, 20)).toEqual([]);
  });
});

describe('what tonight is compared with', () => {
  test('a single fat night before does not make a usual one odd', () => {
    expect(new History().play(...times(3), { size: 9_000_000 }, {}).picture).toBe('.....');
  });

  test('flagged nights are no measure: what fell stays flagged, and back again is well', () => {
    expect(new History().play(...times(3), few, few, few, {}, {}).picture).toBe('...!!!..');
  });

  test('falling a little every night does not stay unseen', () => {
    const nights = [100, 70, 49, 34, 24].map((deployments) => ({ deployments }));
    expect(new History().play(...nights).picture).toContain('!');
  });
});

describe('how a large clean-up becomes the new normal', () => {
  test(`by itself: the ${NEW_NORMAL_RUNS}th night in a row that agrees, and those after it`, () => {
    const history = new History().play(...times(5), ...times(10, few));
    expect(history.picture).toBe('.....!!!!!!....');
    expect(history.entries.filter(isFlagged)).toHaveLength(NEW_NORMAL_RUNS - 1);
  });

  test('a week it is: not by running the export ten times within some hours, but hourly all week long', () => {
    const history = new History().play(...times(5));
    history.every = 1;
    expect(history.play(...times(10, few)).picture).toBe('.....!!!!!!!!!!');
    expect(history.play(...times(110, few)).flags.findLastIndex((flags) => flags.length > 0)).toBe(5 + 108);
  });

  test('nights that come earlier each time are nights as well', () => {
    const history = new History().play(...times(5));
    history.every = 23;
    expect(history.play(...times(7, few)).picture).toBe('.....!!!!!!.');
  });

  test('from then on falls are measured from there', () => {
    expect(new History().play(...times(5), ...times(7, few), { deployments: 4 }).picture).toBe('.....!!!!!!.!');
    expect(new History().play(...times(5), ...times(9, few), { deployments: 6 }).picture).toBe('.....!!!!!!....');
  });

  test('not while it goes on falling, even for a month', () => {
    const worse = Array.from({ length: 30 }, (_, i) => ({ secrets: 20, deployments: Math.floor(40 / 3 ** i) }));
    const history = new History().play(...times(5), ...worse.slice(0, 4));
    expect(history.picture).toBe('.....!!!!');
    expect(new History().play(...times(5), ...times(5, few), { deployments: 0 }, { deployments: 0 }).picture).toBe(
      '.....!!!!!!!',
    );
  });

  test('not when a good night is in between: the week begins again', () => {
    expect(new History().play(...times(5), ...times(5, few), {}, ...times(6, few)).picture).toBe('.....!!!!!.!!!!!!');
  });

  test('at once when a person accepts it, and then it is the measure', () => {
    const history = new History()
      .play(...times(5), few)
      .acceptLast()
      .play(few, few, { deployments: 4 });
    expect(history.picture).toBe('.....!..!');
    expect(history.entries.map(isFlagged).lastIndexOf(true)).toBe(8);
  });
});
