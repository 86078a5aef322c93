import { describe, expect, test } from 'vitest';
import { manager, storage, storageForEver } from '../support/breakages.ts';
import { at } from '../support/restore-breakages.ts';
import { playRestore, type RestoreCase } from '../support/restores.ts';

const verifying = { step: 'VerifyRestore' } as const;
const lost = (version: string): RestoreCase => ({
  name: 'what is missing is said, and stands in the evidence',
  world: { version },
  broken: manager('restorePartial', { type: 'secrets', count: 3 }),
  ends: 'RestorePartial',
  says: /secrets 7 instead of 10.*manager m2 is in use as it is/,
  also: (_both, { restoreReport }, evidence) => {
    const difference = { tenant: null, type: 'secrets', archive: 10, manager: 7 };
    expect(evidence?.verification?.differences).toContainEqual(difference);
    expect(restoreReport?.differences).toContainEqual(difference);
    expect(evidence?.rtoSeconds, 'it was proved, as far as it goes').toBeGreaterThan(0);
  },
});

describe.each(['5.2.7', '6.4.2', '7.0.2', '7.0.5'])('a partial restore on %s', (version) => {
  test('what is missing is said, and stands in the evidence', async () => {
    await playRestore(lost(version));
  });

  test('is taken for a success where the input says so, and still called partial', async () => {
    const { broken, also, ...rest } = lost(version);
    await playRestore({
      ...rest,
      broken: broken ?? [],
      input: { allowPartial: true },
      ends: 'SUCCEEDED',
      holds: 'anything',
      says: /secrets 7 instead of 10/,
      also: async (both, result, evidence) => {
        await also?.(both, result, evidence);
        expect(evidence).toMatchObject({ state: 'partial', options: { allowPartial: true } });
        expect(evidence?.error).toBeUndefined();
      },
    });
  });
});

const CASES: readonly RestoreCase[] = [
  {
    name: 'something was logged that the numbers do not show',
    during: at('VerifyRestore', ({ target: { state } }) => {
      const row = state.executions.find(({ workflowId }) => workflowId === 'restore_snapshot');
      const log = { executionId: row?.id ?? '', tenant: 'default_tenant', at: state.now(), message: 'plugin x: 409' };
      state.errorLogs = [log];
    }),
    ends: 'RestorePartial',
    says: /logged 1 error for this restore, so something was left out that the numbers do not show/,
  },
  {
    name: 'somebody works on the manager already',
    during: at('VerifyRestore', ({ target: { state } }) => state.addTenant('hasty')),
    ends: 'RestorePartial',
    says: /tenant hasty is not of the archive/,
  },
  {
    name: 'the manager does not answer for a while',
    broken: manager('serverError', { status: 502 }, { ...verifying, times: 5 }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'a rate limit, for a while',
    broken: manager('rateLimited', {}, { ...verifying, times: 5 }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'the manager does not answer any more',
    broken: manager('serverError', { status: 502 }, verifying),
    ends: 'ManagerUnavailable',
    says: /The restore itself is over, and the services were up at its end; what manager m2 holds was not compared/,
    also: (_both, _result, evidence) => expect([evidence?.verification, evidence?.rtoSeconds]).toEqual([null, null]),
  },
  {
    name: 'lists that are no JSON',
    broken: manager('garbageJson', {}, { ...verifying, path: /\/deployments/ }),
    ends: 'ManagerUnavailable',
  },
  {
    name: 'a list that this user may not see',
    broken: manager('forbidden', {}, { ...verifying, path: /\/secrets/ }),
    ends: 'PermissionDenied',
  },
  {
    name: 'the manifest is away for a while',
    broken: storage({ operation: 'GetObject', key: /^manifests/, ...verifying }, 'slowDown', 'truncateRead'),
    ends: 'SUCCEEDED',
  },
  {
    name: 'the manifest cannot be read any more',
    broken: storageForEver({ operation: 'GetObject', key: /^manifests/, ...verifying }, 'accessDenied'),
    ends: 'StorageRefused',
  },
];

describe('VerifyRestore', () => {
  test.each(CASES)('$name', playRestore);
});

test.each(['5.2.7', '6.4.2'])('%s has removed the reporters of 5.0.5 from what it has restored', async (version) => {
  const archive = { sizeBytes: 120_000, seed: 7, inventory: { users: 4 } };
  const source = { version: '5.0.5', edition: 'premium', archive } as const;
  await playRestore({
    name: 'reporters',
    world: { version: '5.0.5', source, target: { version, edition: 'premium' } },
    during: at('VerifyRestore', ({ target }) => {
      target.state.content.users -= 3;
      target.state.users = target.state.users.slice(0, 1);
    }),
    ends: 'SUCCEEDED',
    also: (_both, _result, evidence) => expect(evidence?.verification?.after).toMatchObject({ users: 1 }),
  });
});
