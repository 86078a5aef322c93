import { describe, expect, test } from 'vitest';
import type { Content } from '../../../lib/manager/content.ts';
import { Verification } from '../../../lib/restore/course.ts';
import { type Circumstances, compareContent, coreTotals, verdictOf } from '../../../lib/restore/prove/compare.ts';
import { CORE_TYPES, type Inventory } from '../../../lib/snapshot/inventory.ts';

type Counts = Record<string, number>;
const zero = Object.fromEntries(CORE_TYPES.map((type) => [type, 0]));

const archive: Inventory = {
  totals: {
    ...zero,
    ...{ tenants: 3, users: 4, user_groups: 1, blueprints: 5, deployments: 7, secrets: 2, executions: 20, events: 900 },
    plugins_updates: 3,
  },
  tenants: {
    default_tenant: { blueprints: 3, deployments: 5, secrets: 2 },
    tenant_1: { blueprints: 2, deployments: 2 },
    empty: {},
  },
};

/** What a manager holds after a good restore, with changes. */
function restored(totals: Counts = {}, tenants: Record<string, Counts> = {}, more: Partial<Content> = {}): Content {
  const { plugins_updates: _, events: __, logs: ___, ...shown } = archive.totals as Counts;
  return {
    totals: { ...shown, ...totals },
    tenants: { ...archive.tenants, ...tenants },
    unavailable: [],
    ...more,
  };
}

const legacy: Circumstances = { format: 'legacy', entityErrors: 0, allowPartial: false };
const verdictOn = (content: Content, how: Partial<Circumstances> = {}, what: Inventory = archive) =>
  verdictOf(compareContent(what, content), { ...legacy, ...how });

test('a manager that holds what the archive holds is complete', () => {
  const verdict = verdictOn(restored());
  expect(verdict).toMatchObject({ outcome: 'complete', accepted: false, differences: [], differenceCount: 0 });
  expect(verdict.message).toBe('All 12 types in 3 tenants agree with the archive.');
  expect(verdict.compared).toEqual(CORE_TYPES.filter((type) => type !== 'events' && type !== 'logs'));
  expect(verdict.notCompared).toEqual(['events', 'logs']);
});

test.each(CORE_TYPES.filter((type) => !['executions', 'events', 'logs'].includes(type)))(
  'one more and one less of %s is a difference',
  (type) => {
    const own = archive.totals[type] ?? 0;
    for (const count of [own + 1, own - 1]) {
      const verdict = verdictOn(restored({ [type]: count }));
      expect(verdict.outcome).toBe('partial');
      expect(verdict.differences).toEqual([{ tenant: null, type, archive: own, manager: count }]);
    }
  },
);

describe('the three users that 5.0.5 makes for itself', () => {
  const outcome = (users: number, builtInUsers: number, from: string) =>
    verdictOf(compareContent(archive, restored({ users }, {}, { builtInUsers }), from), legacy).outcome;

  test.each([
    ['an archive of 5.0.5 on a later manager, which removes them', 1, 1, '5.0.5', 'complete'],
    ['an archive of 5.0.5 on 5.0.5', 4, 4, '5.0.5', 'complete'],
    ['an older archive on 5.0.5, which keeps its own', 7, 4, '4.6.0', 'complete'],
    ['a later archive that lacks three users', 1, 1, '5.1.0', 'partial'],
    ['an archive of 5.0.5 of which more are gone', 0, 1, '5.0.5', 'partial'],
    ['an archive of 5.0.5 of which two are gone', 2, 1, '5.0.5', 'partial'],
  ] as const)('%s', (_name, users, builtIn, from, expected) => {
    expect(outcome(users, builtIn, from)).toBe(expected);
  });
});

test('what one tenant lacks and another has too many of is seen, although the totals agree', () => {
  const verdict = verdictOn(
    restored(
      {},
      { default_tenant: { blueprints: 2, deployments: 5, secrets: 2 }, tenant_1: { blueprints: 3, deployments: 2 } },
    ),
  );
  expect(verdict.differences).toEqual([
    { tenant: 'default_tenant', type: 'blueprints', archive: 3, manager: 2 },
    { tenant: 'tenant_1', type: 'blueprints', archive: 2, manager: 3 },
  ]);
  expect(verdict.message).toBe(
    'There are 2 differences to the archive: blueprints of tenant default_tenant 2 instead of 3; blueprints of tenant tenant_1 3 instead of 2.',
  );
});

test('a missing tenant and a strange one are one difference each, by name', () => {
  const { empty: _, tenant_1: __, ...kept } = archive.tenants;
  const content = { ...restored(), tenants: { ...kept, constructor: {}, stranger: { blueprints: 2 } } };
  const verdict = verdictOn(content);
  expect(verdict.differences.map(({ tenant, archive: a, manager: m }) => [tenant, a, m])).toEqual([
    ['tenant_1', 1, 0],
    ['empty', 1, 0],
    ['constructor', 0, 1],
    ['stranger', 0, 1],
  ]);
  expect(verdict.message).toContain('tenant tenant_1 is missing');
  expect(verdict.message).toContain('tenant stranger is not of the archive');
});

describe('executions', () => {
  test.each([
    [18, 'partial'],
    [19, 'complete'],
    [20, 'complete'],
    [500, 'complete'],
  ])('%i of 20: %s', (executions, outcome) => {
    expect(verdictOn(restored({ executions })).outcome).toBe(outcome);
  });
});

test('what a manager does not show is not compared, and not counted as none', () => {
  const { users: _, user_groups: __, ...totals } = restored().totals;
  const verdict = verdictOn({ ...restored(), totals, unavailable: ['users', 'user_groups'] });
  expect(verdict.outcome).toBe('complete');
  expect(verdict.compared).not.toContain('users');
  expect(verdict.notCompared).toEqual(['users', 'user_groups', 'events', 'logs']);
  expect(verdict.message).toBe('All 10 types in 3 tenants agree with the archive.');
});

test('types of which only the total is known are compared by their total', () => {
  const tenants = Object.fromEntries(Object.keys(archive.tenants).map((name) => [name, {}]));
  const totalsOnly = ['blueprints', 'deployments', 'secrets', 'executions'];
  const content = { ...restored(), tenants, totalsOnly };
  expect(verdictOn(content)).toMatchObject({ outcome: 'complete' });
  expect(verdictOn(content).notCompared).toEqual([
    ...['events', 'logs'],
    ...['blueprints by tenant', 'deployments by tenant', 'secrets by tenant'],
  ]);
  expect(verdictOn({ ...content, totals: { ...content.totals, blueprints: 4 } }).outcome).toBe('partial');
});

test.each(['日', '\u{1f600}', '\u0001', 'a'])('50 differences of tenants named %j fit into a state', (letter) => {
  const tenants = Object.fromEntries(
    Array.from({ length: 60 }, (_, n) => [`${n}${letter.repeat(256)}`.slice(0, 256), { blueprints: 9_000_000_000 }]),
  );
  const verdict = verdictOn(restored(), {}, { ...archive, tenants });
  expect(verdict.differences).toHaveLength(50);
  // The report has them a second time, and the evidence's message names five.
  const bytes = Buffer.byteLength(JSON.stringify([verdict, verdict.differences, verdict.message]));
  expect(bytes).toBeLessThan(24_000);
  expect(JSON.stringify(verdict)).toContain('…');
});

test('of a manager that does not name its tenants no tenant is missed', () => {
  const content = { ...restored(), tenants: {}, totalsOnly: ['tenants', 'secrets', 'executions'] };
  expect(verdictOn(content)).toMatchObject({ outcome: 'complete', message: 'All 12 types agree with the archive.' });
  expect(verdictOn(content).notCompared).toContain('anything by tenant');
});

test('of a list of tenants that is cut only those that are listed are compared', () => {
  const { empty: _, ...listed } = archive.tenants;
  const cut: Inventory = { ...archive, tenants: listed, truncated: true };
  expect(verdictOn(restored(), {}, cut)).toMatchObject({ outcome: 'complete' });
  expect(verdictOn(restored(), {}, cut).notCompared).toContain('tenants that the list of the archive leaves out');
  expect(verdictOn(restored({}, { tenant_1: {} }), {}, cut).outcome).toBe('partial');
  expect(verdictOn(restored({ tenants: 2 }), {}, cut).outcome).toBe('partial');
});

describe('errors in the log of the restore', () => {
  test('make a new-format restore partial although all numbers agree', () => {
    const verdict = verdictOn(restored(), { format: 'new', entityErrors: 2 });
    expect(verdict).toMatchObject({ outcome: 'partial', differenceCount: 0, entityErrors: 2 });
    expect(verdict.message).toBe(
      'All 12 types in 3 tenants agree with the archive. The manager logged 2 errors for this restore, so something was left out that the numbers do not show: look at its log.',
    );
  });

  test('are only noted for a legacy one', () => {
    const verdict = verdictOn(restored(), { entityErrors: 1 });
    expect(verdict).toMatchObject({ outcome: 'complete', entityErrors: 1 });
    expect(verdict.message).toContain('logged 1 error for this restore.');
  });

  test('that the manager does not tell are not taken for none', () => {
    const unknown = verdictOn(restored(), { format: 'new', entityErrors: undefined });
    expect(unknown).toMatchObject({ outcome: 'partial', differenceCount: 0, entityErrors: 0 });
    expect(unknown.notCompared).toContain('errors in the log of the restore');
    expect(unknown.message).toContain('The manager does not show its log of this restore');
    const legacy = verdictOn(restored(), { entityErrors: undefined });
    expect(legacy.outcome).toBe('complete');
    expect(legacy.notCompared).toContain('errors in the log of the restore');
  });
});

test('a partial restore is accepted only when the input says so, and a complete one is none', () => {
  expect(verdictOn(restored({ sites: 1 }), { allowPartial: true }).accepted).toBe(true);
  expect(verdictOn(restored({ sites: 1 }), { allowPartial: false }).accepted).toBe(false);
  expect(verdictOn(restored(), { allowPartial: true }).accepted).toBe(false);
});

test('of many differences five are told and fifty kept, over all tenants first, and all are counted', () => {
  const tenants = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`t${n}`, { sites: 1 }]));
  const many: Inventory = { totals: { ...archive.totals, sites: 200, tenants: 200 }, tenants };
  const nothing = Object.fromEntries(Object.keys(tenants).map((name) => [name, {}]));
  const verdict = verdictOn({ ...restored({ tenants: 200 }), tenants: nothing }, {}, many);
  expect(verdict.differenceCount).toBe(201);
  expect(verdict.differences).toHaveLength(50);
  expect(verdict.differences[0]).toEqual({ tenant: null, type: 'sites', archive: 200, manager: 0 });
  expect(verdict.message).toMatch(/^There are 201 differences .*sites 0 instead of 200;.*; and 196 more\.$/);
  const whole = { ...verdict, before: {}, after: {}, verifiedAt: '2026-11-23T02:00:00Z' };
  expect(Verification.safeParse(whole).success).toBe(true);
});

test('the record has the core types that the manager shows', () => {
  expect(coreTotals({ totals: { users: 1, blueprints: 2, odd: 3 } })).toEqual({ users: 1, blueprints: 2 });
});
