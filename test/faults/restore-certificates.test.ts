import { describe, expect, test } from 'vitest';
import type { ManagerSecretFields } from '../../lib/manager/secret.ts';
import { startSimulatedManager } from '../../simulator/manager/server.ts';
import { canary } from '../support/canary.ts';
import type { RestoreWorld, RestoreWorldOptions } from '../support/restore-world.ts';
import { playRestore } from '../support/restores.ts';

const lines = ['5.0.5', '5.2.7', '6.1.0', '6.4.2', '7.0.2', '7.0.5'] as const;

const legacy = (version: string, more: RestoreWorldOptions = {}): RestoreWorldOptions => {
  const archive = { sizeBytes: 120_000, format: 'legacy' as const };
  return { version, ...more, source: { version, ...(version.startsWith('7') ? { archive } : {}), ...more.source } };
};

describe('certificates', () => {
  const input = { restoreCertificates: true };
  const reboots = ({ target }: RestoreWorld) => target.state.reboots.size;

  test.each(lines)('%s: the machine reboots at the end; the restore is over when it is back', async (version) => {
    await playRestore({
      name: 'reboot',
      world: legacy(version),
      input,
      ends: 'SUCCEEDED',
      notes: /The machine reboots at the end/,
      also: (both, _result, evidence) => {
        expect(reboots(both)).toBe(1);
        expect(Date.parse(evidence?.times.ended ?? '')).toBeGreaterThan(both.target.state.reboots.get(0)?.until ?? 0);
      },
    });
  });

  test('a reboot of half an hour', async () => {
    await playRestore({
      name: 'slow',
      world: legacy('6.4.2', { target: { rebootSeconds: 1800 } }),
      input,
      ends: 'SUCCEEDED',
    });
  });

  test('a machine that never comes back from its reboot', async () => {
    await playRestore({
      name: 'gone',
      world: legacy('6.4.2', { target: { rebootSeconds: 1e6 } }),
      input,
      ends: 'RestoreUnknown',
      says: /has not ended within 6\.0 h.*refuses connections|broke the connection/,
      atWork: true,
      claimStays: true,
    });
  });

  test('a machine that goes away once its restore has been seen to end', async () => {
    let asked = Number.POSITIVE_INFINITY;
    await playRestore({
      name: 'gone later',
      world: legacy('6.4.2'),
      during: async ({ target, world }, step, call) => {
        const now = world.clock.now().getTime();
        if (step === 'CheckRestore' && call === 1) asked = now;
        if (now > asked + 45_000) await target.stopNode(0);
      },
      ends: 'RestoreUnknown',
      says: /ended as completed, but the manager has not been well since, for 4[5-9] min .*refuses connections/,
      within: 2 * 3600,
      atWork: true,
      claimStays: true,
    });
  });

  test('without a reboot when that is not wanted', async () => {
    await playRestore({
      name: 'no reboot',
      world: legacy('6.4.2'),
      input: { ...input, noReboot: true },
      ends: 'SUCCEEDED',
      within: 300,
      notes: /the next restart of its services on, which is yours to do/,
      also: (both) => expect(reboots(both)).toBe(0),
    });
  });

  test('an archive of the new format has none', async () => {
    await playRestore({
      name: 'new',
      input,
      ends: 'SUCCEEDED',
      notes: /restoreCertificates does nothing: archives of the new format hold none/,
      also: (both) => expect(reboots(both)).toBe(0),
    });
  });

  /** The CA is only there once the managers are. */
  const secretOfM1: { -readonly [K in keyof ManagerSecretFields]: ManagerSecretFields[K] } = {
    endpoints: ['https://127.0.0.1:1'],
    username: 'admin',
    password: `${canary.password}-of-m1`,
  };

  describe.each(['5.0.5', '6.4.2', '7.0.5'])(
    '%s: each manager has a CA of its own, as installers make them',
    (version) => {
      const target = { tls: true } as const;
      const kept = async () => {
        const other = await startSimulatedManager({ tls: true });
        secretOfM1.ca = other.caPem ?? 'none';
        await other.close();
      };
      const none = () => {
        delete secretOfM1.ca;
      };

      test.each([
        ["that of the archive's manager, which has its own", 'source', 'm1', kept],
        ["that of the archive's manager, whose CA is a public one", 'source', 'm1', none],
        ['the version before, of a manager that was installed anew', 'previous', 'm2@previous', kept],
      ] as const)('passwords change and certificates do not: %s', async (_name, access, secret, prepare) => {
        await playRestore({
          name: access,
          world: legacy(version, { target, sourceSecretUnknown: true, otherSecrets: { [secret]: secretOfM1 } }),
          prepare,
          ends: 'SUCCEEDED',
          within: 300,
          also: (_both, _result, evidence) => expect(evidence?.credentials?.access).toBe(access),
        });
      });
    },
  );

  describe('of another CA, once the machine has rebooted', () => {
    const tls = { tls: true, restoredTls: true } as const;
    const learnCa = ({ target }: RestoreWorld) => {
      secretOfM1.ca = target.restoredCaPem ?? 'none';
    };

    test('that nobody knows: told, with what to do', async () => {
      await playRestore({
        name: 'unknown',
        world: legacy('6.4.2', { target: tls }),
        input,
        ends: 'CertificateUntrusted',
        says: /put the CA of the archive's manager into the secret of m2, as "ca"/,
        within: 2 * 3600,
        holds: 'archive',
      });
    });

    test("that stands in the secret of the archive's manager", async () => {
      await playRestore({
        name: 'source',
        world: legacy('6.4.2', { target: tls, otherSecrets: { m1: secretOfM1 } }),
        prepare: learnCa,
        input,
        ends: 'SUCCEEDED',
        also: (_both, _result, evidence) => expect(evidence?.credentials?.access).toBe('source'),
      });
    });

    test('that stands in the secret that the configuration names', async () => {
      await playRestore({
        name: 'restored',
        world: legacy('7.0.5', {
          target: tls,
          otherSecrets: { kept: secretOfM1 },
          rules: { restoredCredentials: 'kept' },
        }),
        prepare: learnCa,
        input,
        ends: 'SUCCEEDED',
        also: (_both, _result, evidence) => expect(evidence?.credentials?.access).toBe('restored'),
      });
    });
  });
});
