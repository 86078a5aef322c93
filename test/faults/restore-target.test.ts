import { describe, expect, test } from 'vitest';
import { Plan } from '../../lib/restore/state.ts';
import { busyWith, changesAsked, untouched } from '../support/restore-breakages.ts';
import { playRestore, type RestoreCase } from '../support/restores.ts';

const legacy = { version: '6.4.2' };
const full = { holds: 'archive', archive: { inventory: { tenants: 3, users: 5 }, seed: 3 } } as const;
const UNSUITABLE: readonly RestoreCase[] = [
  {
    name: 'older than the archive',
    world: { version: '6.1.0', source: { version: '6.4.2' } },
    ends: 'TargetUnsuitable',
    says: /m2 \(6\.1\.0\) is older than the manager that made the archive \(6\.4\.2\)/,
    also: untouched,
  },
  {
    name: 'of a version that does not know the new format',
    world: { version: '6.4.2', source: { version: '7.0.5' } },
    ends: 'TargetUnsuitable',
    also: untouched,
  },
  {
    name: 'of 7.x, for the legacy archive of a community manager',
    world: {
      version: '7.0.5',
      source: { version: '6.4.2', archive: { sizeBytes: 120_000, edition: 'community' } },
    },
    ends: 'TargetUnsuitable',
    says: /would take this archive for one of the new format and restore nothing/,
    also: untouched,
  },
  {
    name: 'of 7.x, for a legacy archive of a premium manager',
    world: { version: '7.0.5', source: { version: '6.4.2', archive: { sizeBytes: 120_000, edition: 'premium' } } },
    ends: 'SUCCEEDED',
  },
  {
    name: 'not empty',
    world: { ...legacy, target: full },
    ends: 'TargetNotEmpty',
    says: /holds 3 tenants.*12 blueprints.*"force": true.*m2 is as it was/,
    also: untouched,
  },
  {
    name: 'with nothing but a tenant of somebody',
    world: { target: { tenants: ['somebody'] } },
    ends: 'TargetNotEmpty',
    also: untouched,
  },
  {
    name: 'not empty, but forced, with a legacy archive: wiped',
    world: { ...legacy, target: full },
    input: { force: true },
    ends: 'SUCCEEDED',
    also: ({ target }, _result, evidence) => {
      expect(target.state.tenants).toHaveLength(2);
      expect(evidence?.verification?.before['blueprints'], 'what was there').toBeGreaterThan(0);
    },
  },
  {
    name: 'not empty, but forced, with a new archive: what is there stays, and the restore is partial',
    world: { target: full },
    input: { force: true },
    ends: 'RestorePartial',
    says: /differences to the archive: tenants 3 instead of 2/,
    also: (_both, _result, evidence) => {
      expect(evidence).toMatchObject({ state: 'failed', error: 'RestorePartial', options: { force: true } });
    },
  },
];

const planOf: (result: { outcome: unknown }) => Plan = ({ outcome }) =>
  Plan.parse((outcome as { output: { plan: unknown } }).output.plan);

const DRY: readonly RestoreCase[] = [
  {
    name: 'plans',
    world: legacy,
    ends: 'SUCCEEDED',
    also: (_both, result) => {
      const plan = planOf(result);
      expect(plan).toMatchObject({ outcome: 'planned', method: 'url', refusals: [], target: { isEmpty: true } });
      expect(plan.notes.join(' ')).toMatch(/Users and passwords become those of manager m1/);
      expect(plan.estimate.basis).toMatch(/the snapshot took/);
    },
  },
  {
    name: 'lists every refusal, the passing one last',
    world: { version: '6.1.0', source: { version: '6.4.2' }, target: full },
    prepare: ({ target }) => busyWith(target),
    ends: 'SUCCEEDED',
    also: (_both, result) => {
      const names = planOf(result).refusals.map(({ error }) => error);
      expect(names).toEqual(['TargetUnsuitable', 'TargetNotEmpty', 'ManagerBusy']);
    },
  },
  {
    name: 'while another restore is at work is not refused, and takes nothing away from it',
    prepare: ({ world }) => world.put('claims/m2.json', claimOf('of-somebody')),
    ends: 'SUCCEEDED',
    also: async ({ claim }) => void claim,
  },
];

function claimOf(execution: string): string {
  const claimedAt = '2026-11-22T03:00:00.000Z';
  return JSON.stringify({
    schema: 'cloudify-offsite/claim/1',
    manager: 'm2',
    restore: 'x',
    execution,
    claimedAt,
    state: 'held',
  });
}

describe('a target', () => {
  test.each(UNSUITABLE)('$name', playRestore);
});

describe('a dry run', () => {
  test.each(DRY)('$name; it changes nothing', async (one) => {
    await playRestore({
      ...one,
      input: { dryRun: true },
      unclaimed: true,
      messages: 0,
      holds: one.world?.target ? 'anything' : 'nothing',
      also: async (both, result, evidence) => {
        expect(changesAsked(both)).toEqual([]);
        expect([evidence, (await both.claim())?.execution].filter(Boolean)).toEqual(
          one.name.startsWith('while') ? ['of-somebody'] : [],
        );
        await one.also?.(both, result, evidence);
      },
    });
  });

  test('of what there is not fails, and says that it was one', async () => {
    await playRestore({
      name: 'nothing there',
      input: { dryRun: true, sourceManager: 'm9' },
      ends: 'ArchiveNotFound',
      says: /It was a dry run: nothing was changed/,
      unclaimed: true,
    });
  });
});
