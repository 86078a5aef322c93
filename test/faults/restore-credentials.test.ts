import { describe, expect, test } from 'vitest';
import { manager } from '../support/breakages.ts';
import { canary } from '../support/canary.ts';
import { at } from '../support/restore-breakages.ts';
import { RestoreWorld, type RestoreWorldOptions } from '../support/restore-world.ts';
import { type Also, playRestore } from '../support/restores.ts';

/** The archive's manager has another password and another salt: its own are good once a legacy restore is over. */
const OF_M1 = `${canary.password}-of-m1`;
const lines = ['5.0.5', '5.2.7', '6.1.0', '6.4.2', '7.0.2', '7.0.5'] as const;

const legacy = (version: string, more: RestoreWorldOptions = {}): RestoreWorldOptions => {
  const isLegacy = version.startsWith('7') ? { archive: { sizeBytes: 120_000, format: 'legacy' as const } } : {};
  return { version, ...more, source: { version, ...isLegacy, ...more.source } };
};
/** m1's own secret is not there; only what the case adds. */
const unknownSource = { sourceSecretUnknown: true } as const;
/** Endpoints are always the target's own. */
const secretOfM1 = { endpoints: ['http://127.0.0.1:1'], username: 'admin', password: OF_M1 };
const access = (name: string, advice: RegExp): Also => {
  return (_both, { restoreReport }, evidence) => {
    expect(evidence?.credentials?.access).toBe(name);
    expect(evidence?.credentials?.advice ?? 'nothing to do').toMatch(advice);
    // What is to be done comes first in what people read.
    if (evidence?.credentials?.advice) expect(restoreReport?.notes[0]).toBe(evidence.credentials.advice);
  };
};

describe.each(lines)('after a legacy restore on %s', (version) => {
  test('the manager takes the credentials of the source, which are in its own secret', async () => {
    await playRestore({
      name: 'source',
      world: legacy(version),
      ends: 'SUCCEEDED',
      also: access('source', /put them into the secret of m2\. Until then exports of m2 fail/),
    });
  });

  test('the archive is its own: nothing changes', async () => {
    await playRestore({
      name: 'same',
      world: legacy(version, {
        source: { password: canary.password, salt: 'one' },
        target: { salt: 'one' },
        ...unknownSource,
      }),
      ends: 'SUCCEEDED',
      also: access('current', /nothing to do/),
    });
  });

  test('nobody knows the passwords: told, with what to do', async () => {
    await playRestore({
      name: 'unknown',
      world: legacy(version, unknownSource),
      ends: 'CredentialsRejected',
      says: /every password that we know is rejected.*restoredCredentials of m2 in the configuration/,
      within: 2 * 3600,
      holds: 'archive',
    });
  });
});

describe('after a legacy restore', () => {
  const version = '6.4.2';

  test('the same password with another salt: 401 for a while, then the manager takes it again', async () => {
    await playRestore({
      name: 'salt',
      world: legacy(version, { source: { password: canary.password }, ...unknownSource }),
      ends: 'SUCCEEDED',
      also: access('current', /nothing to do/),
    });
  });

  test('in the secret that the configuration names', async () => {
    await playRestore({
      name: 'restored',
      world: legacy(version, {
        ...unknownSource,
        otherSecrets: { kept: secretOfM1 },
        rules: { restoredCredentials: 'kept' },
      }),
      ends: 'SUCCEEDED',
      also: access('restored', /credentials of the secret kept now/),
    });
  });

  test('in the version of the secret before: the manager was installed anew, and its secret with it', async () => {
    await playRestore({
      name: 'previous',
      world: legacy(version, { ...unknownSource, otherSecrets: { 'm2@previous': secretOfM1 } }),
      ends: 'SUCCEEDED',
      also: access('previous', /make that version of the secret the current one again/),
    });
  });

  test('rotated in the secret while the manager was at it', async () => {
    await playRestore({
      name: 'rotated',
      // Those of m1 are not what they were when the snapshot was made.
      world: legacy(version, { otherSecrets: { m1: { ...secretOfM1, password: `${OF_M1}-since` } } }),
      during: at('CheckRestore', ({ world }) => void Object.assign(world.secret, { password: OF_M1 }), 8),
      ends: 'SUCCEEDED',
      also: access('current', /nothing to do/),
    });
  });
});

describe('a legacy restore that fails in the middle, when neither password works (recording 18)', () => {
  const midway = manager('restoreFailsMidway', { error: 'FileNotFoundError: /opt/cloudify-stage/dist/userData' });
  const told =
    /those of the archive's manager as well: most probably the restore failed in the middle.*mgmtworker.*cfy_manager reset-admin-password.*empty the manager and restore again\./;

  test.each([
    [
      'named in the input',
      { ...unknownSource, otherSecrets: { kept: secretOfM1 }, rules: { restoredCredentials: 'kept' } },
      { restoredCredentialsSecret: 'kept' },
    ],
    ['of the manager that made the archive', {}, {}],
  ])('credentials %s are rejected as well: what happened, and what to do', async (_name, world, input) => {
    await playRestore({
      ...{ name: 'midway', world: legacy('7.0.5', world), input, broken: midway },
      ...{ ends: 'CredentialsRejected', says: told, within: 2 * 3600, holds: 'anything' },
      also: (_both, { outcome }) =>
        expect(JSON.stringify(outcome)).not.toMatch(/has the archive's passwords now|it has those of the archive/),
    });
  });

  test('nobody knew the archive’s: both ends are possible, and its credentials are asked for', async () => {
    await playRestore({
      ...{ name: 'midway', world: legacy('7.0.5', unknownSource), broken: midway },
      ...{ ends: 'CredentialsRejected', says: /restoredCredentials of m2/, within: 2 * 3600, holds: 'anything' },
    });
  });
});

describe('after a restore of the new format', () => {
  test('users of the archive cannot log in, and plan, report and evidence say so', async () => {
    await playRestore({
      name: 'salt',
      world: { source: { users: [{ name: 'alice', password: 'alice-password', role: 'default' }] } },
      ends: 'SUCCEEDED',
      notes: /The 2 users beside the admin cannot log in.*Set a new password for each of them/,
      also: async ({ target, source }, _result, evidence) => {
        const headers = { Authorization: `Basic ${Buffer.from('alice:alice-password').toString('base64')}` };
        const login = async (urls: readonly string[]) =>
          (await fetch(`${urls[0]}/api/v3.1/version`, { headers })).status;
        expect([await login(source.urls), await login(target.urls)]).toEqual([200, 401]);
        expect(evidence?.notes.join()).toMatch(/cannot log in/);
      },
    });
  });

  test('a dry run says it before anything is done', async () => {
    const both = await RestoreWorld.start();
    try {
      const { outcome } = await both.restore({ dryRun: true });
      expect(JSON.stringify(outcome)).toMatch(/2 users beside the admin cannot log in/);
    } finally {
      await both.stop();
    }
  });

  test('after a legacy restore they can, and nothing of the kind is said', async () => {
    await playRestore({
      name: 'legacy',
      world: legacy('7.0.5', { source: { users: [{ name: 'alice', password: 'alice-password', role: 'default' }] } }),
      ends: 'SUCCEEDED',
      also: async ({ target }, { restoreReport }) => {
        const headers = { Authorization: `Basic ${Buffer.from('alice:alice-password').toString('base64')}` };
        expect((await fetch(`${target.urls[0]}/api/v3.1/version`, { headers })).status).toBe(200);
        expect(restoreReport?.notes.join()).not.toMatch(/cannot log in/);
      },
    });
  });
});

describe('during a restore of the new format', () => {
  test('the password is rotated, and the secret with it', async () => {
    await playRestore({
      name: 'rotated',
      during: at(
        'CheckRestore',
        ({ target, world }) => {
          target.state.setPassword('admin', 'another-password');
          Object.assign(world.secret, { password: 'another-password' });
        },
        2,
      ),
      ends: 'SUCCEEDED',
      also: access('current', /nothing to do/),
    });
  });

  test('the password is rotated, and the secret is not', async () => {
    await playRestore({
      name: 'rotated',
      during: at('CheckRestore', ({ target }) => target.state.setPassword('admin', 'another-password'), 2),
      ends: 'CredentialsRejected',
      says: /bring no password of the admin: it was changed meanwhile\. Put the new one into the secret of m2/,
      within: 2 * 3600,
      notes: /Nothing could be removed from manager m2.*delete it by hand/,
      atWork: true,
    });
  });
});
