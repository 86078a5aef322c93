import { expect, test } from 'vitest';
import type { Entry } from '../../lib/catalogue/entry.ts';
import { knownOf } from '../../lib/catalogue/entry.ts';
import { parseConfig } from '../../lib/config/offsite-config.ts';
import type { ManagerFacts } from '../../lib/report/facts/manager-facts.ts';
import { managerReport } from '../../lib/report/model/manager-report.ts';
import { periodOf } from '../../lib/report/model/period.ts';
import { type Expected, expectedOf } from '../../lib/status/expected.ts';
import { FELL, manifestOf, markOf } from '../support/manifests.ts';

const NOW = new Date('2026-11-30T09:00:00Z');
const config = parseConfig({ managers: [{ id: 'm1' }] });

function entry(day: string, more: Partial<Entry> = {}, flags?: typeof FELL): Entry {
  const id = `offsite-${day.replaceAll('-', '')}T040000Z`;
  const manifest = knownOf(manifestOf('m1', id, { ready: `${day}T04:00:00.000Z`, ...(flags ? { flags } : {}) }));
  const stored = {
    key: 'k',
    versionId: 'null',
    size: 5,
    storedAt: new Date(day),
    storageClass: 'STANDARD',
    hiddenAt: null,
  };
  return { manifest, stored, missing: null, mark: null, keep: null, accept: null, unreadable: [], ...more };
}

function reportOf(facts: Partial<ManagerFacts>, expected: Partial<Expected> = {}) {
  const none = {
    entries: [],
    unreadable: [],
    doubts: [],
    details: new Map(),
    runs: [],
    gone: [],
    lastRun: null,
    firstRunAt: null,
    inputs: [],
    keys: [],
  };
  const usual = expectedOf(config, 'm1', NOW);
  return managerReport(
    { manager: 'm1', replication: null, reconciliation: null, ...none, ...facts },
    {
      config,
      evidence: { restores: [], unreadable: [], keys: [] },
      period: periodOf(NOW),
      canLock: true,
      expected: () => ({ ...usual, ...expected }),
    },
  );
}

const forged = {
  snapshot: 's',
  kind: 'manifest' as const,
  key: 'manifests/m1/s.json',
  why: 'It is not what was signed.',
  isForged: true,
  fault: 'edited' as const,
};
const isDamaged = (day: string) => ({ mark: markOf('m1', `offsite-${day.replaceAll('-', '')}T040000Z`, 'null', true) });

test.each([
  [
    'a young archive',
    { entries: [entry('2026-11-30')] },
    {},
    'protected',
    /verified, 5 h old, within its target of 3\d h\.$/,
    [],
  ],
  ['none at all', {}, {}, 'at-risk', /There is no archive that could be restored/, ['NoVerifiedArchive']],
  ['an old one', { entries: [entry('2026-11-20')] }, {}, 'at-risk', /is 245 h old/, ['NoVerifiedArchive']],
  [
    'no target',
    { entries: [entry('2026-11-20')] },
    { alarmAfterHours: undefined },
    'unknown',
    /no configuration says/,
    [],
  ],
  [
    'the newest damaged',
    { entries: [entry('2026-11-29'), entry('2026-11-30', isDamaged('2026-11-30'))] },
    {},
    'at-risk',
    /is damaged: File pg_data/,
    ['DamagedArchive'],
  ],
  [
    'an older one damaged',
    { entries: [entry('2026-11-29', isDamaged('2026-11-29')), entry('2026-11-30')] },
    {},
    'protected',
    /One thing to look at\.$/,
    ['DamagedArchive'],
  ],
  [
    'the newest gone',
    { entries: [entry('2026-11-29'), entry('2026-11-30', { stored: null, missing: 'gone' })] },
    {},
    'at-risk',
    /stored object is gone/,
    ['MissingArchive'],
  ],
  [
    'the newest flagged',
    { entries: [entry('2026-11-30', {}, FELL)] },
    {},
    'protected',
    /One thing/,
    ['FlaggedArchive'],
  ],
  [
    'a forged record',
    { entries: [entry('2026-11-30')], unreadable: [forged] },
    {},
    'at-risk',
    /not what was signed/,
    ['ForgedRecord'],
  ],
  [
    'a copy that failed',
    { entries: [entry('2026-11-30')], replication: 'FAILED' },
    {},
    'protected',
    /One thing/,
    ['FailedReplication'],
  ],
  [
    'a schedule that is off',
    { entries: [entry('2026-11-30')] },
    { isBroken: true, oddities: ['its schedule is disabled'] },
    'at-risk',
    /its schedule is disabled/,
    ['OddSchedule'],
  ],
] as const)('%s: %o %o is %s', (_name, facts, expected, state, why, kinds) => {
  const { verdict, findings } = reportOf(facts, expected as Partial<Expected>);
  expect(verdict.state).toBe(state);
  expect(verdict.why).toMatch(why);
  expect(findings.map(({ kind }) => kind)).toEqual(kinds);
});
