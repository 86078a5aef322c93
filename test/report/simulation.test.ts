import { expect, test } from 'vitest';
import type { Entry } from '../../lib/catalogue/entry.ts';
import { knownOf } from '../../lib/catalogue/entry.ts';
import { RetentionPolicy } from '../../lib/config/retention.ts';
import { entryOf, simulatedOf } from '../../lib/report/page/simulation.ts';
import { planOf } from '../../lib/retention/plan.ts';
import { FELL, keepOf, manifestOf, markOf } from '../support/manifests.ts';

/** One archive of each kind that the rules tell apart, and many plain ones. */
function entries(): Entry[] {
  return Array.from({ length: 60 }, (_, at): Entry => {
    const ready = new Date(Date.UTC(2026, 8, 1 + at, 2)).toISOString();
    const id = `offsite-${ready.slice(0, 10).replaceAll('-', '')}T020000Z`;
    const manifest = knownOf(
      manifestOf('m1', id, { ready, size: 1000 + at, ...(at % 13 === 5 ? { flags: FELL } : {}) }),
    );
    const stored = {
      ...manifest.archive,
      versionId: 'null',
      storedAt: new Date(ready),
      storageClass: 'STANDARD',
      hiddenAt: at === 3 ? new Date(Date.UTC(2026, 9, 1)) : null,
    };
    const torn = {
      snapshot: id,
      kind: at === 7 ? ('keep' as const) : ('mark' as const),
      key: 'k',
      why: 'torn.',
      fault: 'unreadable' as const,
      isForged: false,
    };
    return {
      manifest,
      stored: at === 11 ? null : stored,
      missing: at === 11 ? 'gone' : null,
      mark: at % 17 === 4 ? markOf('m1', id, 'null', true) : null,
      keep: at === 20 ? keepOf('m1', id, null) : at === 21 ? keepOf('m1', id, '2026-12-24T00:00:00.000Z') : null,
      accept: at === 18 ? { schema: 'cloudify-offsite/accept/1', manager: 'm1', snapshot: id, at: ready } : null,
      unreadable: at === 7 || at === 58 ? [torn] : [],
    };
  });
}

test('what the page holds of an archive is all that the rules ask: the same plan, whatever the policy', () => {
  const now = new Date('2026-10-31T09:00:00Z');
  const all = entries();
  const compact = JSON.parse(JSON.stringify(all.map(simulatedOf))) as ReturnType<typeof simulatedOf>[];
  for (const given of [
    {},
    { held: 9, days: { daily: 3, weekly: 20 }, undoDays: 1 },
    { days: { daily: 200, weekly: 201 } },
  ]) {
    const rules = { timeZone: 'Europe/Berlin', retention: RetentionPolicy.parse(given) };
    const plan = (some: readonly Entry[]) => planOf('m1', some, rules, { now, at: now, nightly: false });
    expect(plan(compact.map((one) => entryOf('m1', one)))).toEqual(plan(all));
  }
});
