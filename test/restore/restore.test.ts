import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { inspectArchive } from '../../lib/snapshot/inspect.ts';
import { bytesOf } from '../../simulator/archive/tampered.ts';
import { canary } from '../support/canary.ts';
import { RestoreWorld, type RestoreWorldOptions } from '../support/restore-world.ts';
import { type Also, playIn } from '../support/restores.ts';
import { type Hit, listenIn, serve, type Web, withRanges } from '../support/web-server.ts';

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((one) => one.close()));
});

/** m1 with an archive of this version and format, m2, and somebody who hears all that is said to m2. */
async function begin(options: RestoreWorldOptions): Promise<{ both: RestoreWorld; heard: readonly Hit[] }> {
  const both = await RestoreWorld.start(options);
  const proxy = await listenIn(() => both.target.urls[0] ?? '');
  closing.push(proxy, { close: () => both.stop() });
  Object.assign(both.world.secret, { endpoints: [proxy.url] });
  return { both, heard: proxy.heard };
}

const LINES = [
  ['5.0.5', 'legacy'],
  ['5.2.7', 'legacy'],
  ['6.1.0', 'legacy'],
  ['6.4.2', 'legacy'],
  ['7.0.2', 'legacy'],
  ['7.0.2', 'new'],
  ['7.0.5', 'legacy'],
  ['7.0.5', 'new'],
] as const;

const worldOf = (version: string, format: 'legacy' | 'new'): RestoreWorldOptions => ({
  version,
  source: { archive: { format, sizeBytes: 120_000, seed: 7, inventory: { tenants: 3, users: 4 } } },
});

/** The one request that starts a restore: what it says, and how. */
function restoreAsked(heard: readonly Hit[]) {
  const asked = heard.filter(({ method, path }) => method === 'POST' && path.endsWith('/restore'));
  expect(asked, 'asked for once').toHaveLength(1);
  const { body, headers, path } = asked[0] as Hit;
  return { body: JSON.parse(body.toString()) as unknown, headers, path };
}

function checkEvidence(evidence: Parameters<Also>[2], archive: Record<string, number>): void {
  expect(evidence).toMatchObject({ state: 'succeeded', manager: 'm2', purpose: 'recovery', method: 'url' });
  const { prepare, upload, restore, verify } = evidence?.phases ?? {};
  const phases = [prepare, upload, restore, verify].map((seconds) => seconds ?? Number.NaN);
  expect(restore, 'a restore takes its time').toBeGreaterThanOrEqual(30);
  expect(phases.reduce((sum, seconds) => sum + seconds, 0)).toBe(evidence?.rtoSeconds);
  expect(evidence?.rtoSeconds).toBeGreaterThan(30);
  expect(evidence?.verification).toMatchObject({ outcome: 'complete', differences: [], entityErrors: 0 });
  for (const type of [
    'tenants',
    'blueprints',
    'deployments',
    'plugins',
    'secrets',
    'sites',
    'nodes',
    'node_instances',
  ]) {
    expect([type, evidence?.verification?.after[type]]).toEqual([type, archive[type]]);
    expect(archive[type], `${type} in the archive`).toBeGreaterThan(0);
  }
}

describe.each(LINES)(
  '%s, %s archive: create, download, upload by URL, restore, status until done',
  (version, format) => {
    test('with every option that there is', async () => {
      const { both, heard } = await begin({ ...worldOf(version, format), target: { tenants: ['ops'] } });
      const sent = { recreateDeploymentsEnvs: false, force: true, restoreCertificates: true };
      const isNew = format === 'new';
      await playIn(both, {
        name: 'all options',
        input: { ...sent, noReboot: true, tenantName: 'ops', method: 'url', allowPartial: isNew },
        ends: 'SUCCEEDED',
        // What a new one adds to, stays: here the tenant.
        holds: isNew ? 'anything' : 'archive',
        also: async (_both, _result, evidence) => {
          const { body, headers, path } = restoreAsked(heard);
          expect(body).toEqual({
            force: true,
            recreate_deployments_envs: false,
            restore_certificates: true,
            no_reboot: true,
            tenant_name: 'ops',
          });
          expect(headers['content-type']).toBe('application/json');
          expect(headers['tenant']).toBe('ops');
          expect(path).toMatch(/^\/api\/v3\.1\/snapshots\/offsite-restore-\d{8}T\d{6}Z-[0-9a-f]{8}\/restore$/);
          const upload = heard.find(({ method }) => method === 'PUT');
          expect([upload?.headers['tenant'], upload?.body.length, upload?.headers['content-type']]).toEqual([
            'ops',
            0,
            undefined,
          ]);
          expect(evidence?.options).toMatchObject({ ...sent, noReboot: true });
        },
      });
    });

    test('with none: an empty manager, the newest archive, everything else by default', async () => {
      const { both, heard } = await begin(worldOf(version, format));
      await playIn(both, {
        name: 'no options',
        ends: 'SUCCEEDED',
        also: async (_both, { restoreReport, published }, evidence) => {
          const { body, headers } = restoreAsked(heard);
          expect(body).toEqual({
            force: false,
            recreate_deployments_envs: true,
            restore_certificates: false,
            no_reboot: false,
          });
          expect(headers['tenant']).toBe('default_tenant');
          checkEvidence(evidence, (await both.archived()).totals);
          expect(evidence?.archive).toMatchObject({ manager: 'm1', format, snapshotVersion: version });
          expect(restoreReport).toMatchObject({
            outcome: 'succeeded',
            manager: 'm2',
            rtoSeconds: evidence?.rtoSeconds,
          });
          expect(published[0]?.subject).toBe('cloudify-offsite: restore of m2 succeeded');
          const status = heard.filter(({ path }) => path.endsWith('/snapshot-status'));
          expect(status.length).toBeGreaterThan(4);
          for (const { headers: sent } of status)
            expect(sent.authorization ?? sent['authentication-token']).toBeUndefined();
        },
      });
    });

    test('by stream: the archive itself, as octets', async () => {
      const { both, heard } = await begin(worldOf(version, format));
      await playIn(both, {
        name: 'stream',
        input: { method: 'stream' },
        ends: 'SUCCEEDED',
        also: async ({ world }, _result, evidence) => {
          const upload = heard.find(({ method }) => method === 'PUT');
          expect(upload?.body.equals(await world.bytes(evidence?.archive?.key ?? ''))).toBe(true);
          expect(upload?.headers['content-type']).toBe('application/octet-stream');
          expect(upload?.path).not.toContain('?');
        },
      });
    });
  },
);

test('in a process of its own for each step, as in Lambda', async () => {
  const { both } = await begin(worldOf('6.4.2', 'legacy'));
  await playIn(both, { name: 'each', run: { processes: 'each' }, ends: 'SUCCEEDED' });
});

test('to the manager that made it: the same passwords, and nothing to do afterwards', async () => {
  const salt = 'salt-of-m2';
  const { both } = await begin({
    version: '6.4.2',
    source: { password: canary.password, salt },
    target: { salt },
    otherSecrets: {},
  });
  await playIn(both, {
    name: 'own',
    ends: 'SUCCEEDED',
    also: (_both, { restoreReport }, evidence) => {
      expect(evidence?.credentials).toEqual({ access: 'current', advice: null });
      expect(restoreReport?.notes.join(' ')).not.toMatch(/put them into the secret/);
    },
  });
});

test('two restores of the same manager, one after the other: the second is estimated by the first', async () => {
  const { both } = await begin({ ...worldOf('6.4.2', 'legacy') });
  await playIn(both, { name: 'first', ends: 'SUCCEEDED' });
  Object.assign(both.world.secret, { password: both.sourcePassword });
  const { outcome } = await both.restore({ force: true, dryRun: true });
  expect(outcome).toMatchObject({
    output: { plan: { estimate: { basis: expect.stringMatching(/^restore \S+ took \d+ s/) } } },
  });
});

describe('archives that real managers made', () => {
  async function given(file: string, version: string) {
    const bytes = await readFile(new URL(`../fixtures/snapshots/${file}`, import.meta.url));
    const web: Web = await serve(withRanges(() => bytes));
    closing.push(web);
    const { both } = await begin({ version, sourceSecretUnknown: true });
    const input = { sourceManager: undefined, archiveUrl: `${web.url}/${file}` };
    const { inventory } = await inspectArchive(bytesOf(bytes), file, { signal: AbortSignal.timeout(60_000) });
    const totals = () => both.target.state.content.inventory().totals;
    return { both, input, inventory, totals };
  }

  test('of the new format, by URL', async () => {
    const { both, input, inventory, totals } = await given('new-format-7.1.0.dev1-two-tenants.zip', '7.1.0.dev1');
    await playIn(both, { name: 'new', input, ends: 'SUCCEEDED', holds: 'anything' });
    expect(inventory.totals.blueprints).toBeGreaterThan(0);
    expect(totals()).toMatchObject({ tenants: 2, users: 3, blueprints: 5, deployments: 4, secrets: 8, sites: 4 });
  });

  test('in the layout of 7.0.0, by URL to a manager that does not know it: it is seen that nothing came back', async () => {
    const { both, input, totals } = await given('manager-7.0.0-new-format.zip', '7.1.0');
    await playIn(both, {
      name: 'layout',
      input,
      ends: 'RestorePartial',
      says: /tenants 1 instead of 3/,
      holds: 'anything',
    });
    expect(totals().blueprints).toBe(0);
  });

  test('of a community manager of 7.x: refused before anything is changed', async () => {
    const file = 'legacy-7.1.0.dev1-community-one-revision.zip';
    const { both, input } = await given(file, '7.1.0.dev1');
    await playIn(both, {
      name: 'community',
      input,
      ends: 'TargetUnsuitable',
      says: /no other manager restores it as it is/,
    });
  });

  test.each([
    ['manager-5.1.0.zip', '5.1.0'],
    ['manager-5.1.0.zip', '6.4.2'],
    ['legacy-7.1.0.dev1-three-revisions.zip', '7.1.0.dev1'],
  ])('%s, by URL to %s: nobody here knows its password', async (file, version) => {
    const { both, input, inventory, totals } = await given(file, version);
    await playIn(both, { name: 'legacy', input, ends: 'CredentialsRejected', says: /restoredCredentials of m2/ });
    expect(totals().blueprints).toBe(inventory.totals.blueprints);
    expect(totals().deployments).toBe(inventory.totals.deployments);
    expect(totals().executions).toBeGreaterThan(0);
  });
});
