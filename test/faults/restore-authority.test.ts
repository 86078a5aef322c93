import { afterEach, describe, expect, test } from 'vitest';
import { canary } from '../support/canary.ts';
import { type Hostile, type RecordingProxy, startRecordingProxy } from '../support/recording-proxy.ts';
import type { RestoreWorld, RestoreWorldOptions } from '../support/restore-world.ts';
import { playRestore, type RestoreCase } from '../support/restores.ts';
import { serve, type Web } from '../support/web-server.ts';

/**
 * m2 is the lab, whose host collects logins; m1 is production, whose archive is restored; finance has no part in it. Each
 * has a password of its own.
 */
const OF_M2 = `admin:${canary.password}`;
const OF_M1 = `admin:${canary.password}-of-m1`;
const FINANCE = `${canary.password}-of-finance`;
const finance = { endpoints: ['http://127.0.0.1:1'], username: 'admin', password: FINANCE };

const AFTER_RESTORE = /^POST .*\/restore/;
const AFTER_UPLOAD = /^PUT .*\/archive/;
const rejects = (after: RegExp): Hostile => ({ after, answer: { status: 401 } });

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

interface HostileCase extends Omit<RestoreCase, 'name' | 'world'> {
  readonly rules?: RestoreWorldOptions['rules'];
  readonly world?: RestoreWorldOptions;
  readonly hostile?: Hostile;
  readonly nodes?: number;
}

/** A restore of m1's legacy archive to m2, through proxies that note every login. Gives what they saw. */
async function playHostile({ hostile, rules = {}, nodes = 1, world, ...one }: HostileCase): Promise<string[]> {
  const proxies: RecordingProxy[] = [];
  await playRestore({
    name: 'hostile',
    ...one,
    world: {
      version: '6.4.2',
      otherSecrets: { finance },
      rules: { restoreFrom: undefined, ...rules },
      ...world,
    },
    prepare: async (both: RestoreWorld) => {
      for (let i = 0; i < nodes; i++) {
        const node = both.target.urls[i % both.target.urls.length] ?? '';
        proxies.push(await startRecordingProxy(node, hostile));
      }
      open.push(...proxies);
      Object.assign(both.world.secret, { endpoints: proxies.map(({ url }) => url) });
      await one.prepare?.(both);
    },
  });
  return [...new Set(proxies.flatMap(({ logins }) => [...logins]))].sort();
}

const withheld = {
  ends: 'CredentialsRejected',
  says: /those of manager m1 were not tried: the configuration does not let them be sent to m2.*name the pair: restoreFrom or restoredCredentials of m2/i,
  atWork: true,
} as const;

describe('without a pair in the configuration the host of a manager is sent no credentials but its own', () => {
  test.each([
    ['a restore', {}],
    ['a restore that names m1 by its archive alone', { archive: 'latest' }],
    ['a restore by stream', { method: 'stream' }],
  ])('%s', async (_, input) => {
    expect(await playHostile({ input, hostile: rejects(AFTER_RESTORE), ...withheld })).toEqual([OF_M2]);
  });

  test('a restore whose logins are rejected from the upload on', async () => {
    const ends = { ends: 'CredentialsRejected', atWork: true } as const;
    expect(await playHostile({ hostile: rejects(AFTER_UPLOAD), ...ends })).toEqual([OF_M2]);
  });

  test('a drill, though the secret says that drills may overwrite the manager', async () => {
    const world = { secret: { drillTarget: true } };
    const seen = await playHostile({
      input: { purpose: 'drill' },
      hostile: rejects(AFTER_RESTORE),
      world,
      ...withheld,
    });
    expect(seen).toEqual([OF_M2]);
  });

  test('a cluster: every node', async () => {
    expect(await playHostile({ nodes: 2, hostile: rejects(AFTER_RESTORE), ...withheld })).toEqual([OF_M2]);
  });

  test.each([302, 307] as const)('a redirect with %i leads a login nowhere', async (status) => {
    const hits: string[] = [];
    const other: Web = await serve((hit, reply) => {
      hits.push(`${hit.method} ${hit.path}`);
      reply.writeHead(401).end();
    });
    open.push(other);
    const hostile: Hostile = { after: AFTER_RESTORE, answer: { status, location: other.url } };
    expect(await playHostile({ hostile, ends: 'RestoreUnknown', atWork: true, claimStays: true })).toEqual([OF_M2]);
    expect(hits).toEqual([]);
  });

  test.each([
    ['a manager that has no part in it', 'finance', {}],
    ['the manager of the archive', 'm1', {}],
    ['another one than the configured', 'finance', { restoredCredentials: 'm1' }],
    ['another one than the configured sources', 'finance', { restoreFrom: ['m1'] }],
  ])('restoredCredentialsSecret of %s is refused before anything is read or sent', async (_, name, rules) => {
    for (const dryRun of [false, true]) {
      const seen = await playHostile({
        input: { restoredCredentialsSecret: name, dryRun },
        rules,
        ends: 'InvalidInput',
        says: new RegExp(`does not let the credentials of ${name} be sent to manager m2.*Nothing was started`),
        unclaimed: true,
        also: (both) => expect(both.target.requests).toEqual([]),
      });
      expect(seen).toEqual([]);
    }
  });
});

describe('with a pair in the configuration', () => {
  const legacyOf = (rules: RestoreWorldOptions['rules'], input: Record<string, unknown> = {}): HostileCase => ({
    rules,
    input,
    ends: 'SUCCEEDED',
  });

  test.each<[string, HostileCase]>([
    ['the source', legacyOf({ restoreFrom: ['m1'] })],
    ['the credentials for after a restore', legacyOf({ restoredCredentials: 'm1' })],
    ['one of several, which the input names', legacyOf({ restoreFrom: ['m1'] }, { restoredCredentialsSecret: 'm1' })],
  ])('%s is used, and nothing else', async (_, one) => {
    expect(await playHostile(one)).toEqual([OF_M2, OF_M1].sort());
  });

  test('a host that rejects all logins sees those of the pair, and never those of a third manager', async () => {
    const seen = await playHostile({
      rules: { restoreFrom: ['m1'] },
      hostile: rejects(AFTER_RESTORE),
      ends: 'CredentialsRejected',
      atWork: true,
    });
    expect(seen).toEqual([OF_M2, OF_M1].sort());
  });
});
