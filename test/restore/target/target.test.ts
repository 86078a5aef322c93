import { afterEach, describe, expect, test } from 'vitest';
import { checkTarget } from '../../../functions/check-target.ts';
import { selectArchive } from '../../../functions/select-archive.ts';
import { compareVersions } from '../../../lib/base/compare-versions.ts';
import type { RestoreAuthority } from '../../../lib/config/restore-authority.ts';
import { localDeps } from '../../../lib/local/deps.ts';
import type { Content } from '../../../lib/manager/content.ts';
import type { ListedExecution } from '../../../lib/manager/restore-executions.ts';
import { Plan, Selection } from '../../../lib/restore/state.ts';
import { notesForAfterwards, planNotes } from '../../../lib/restore/target/plan-notes.ts';
import { refusalsOf, type Target } from '../../../lib/restore/target/suitability.ts';
import { input, run, stored } from '../../support/restore-fixtures.ts';
import { World } from '../../support/world.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))));

const empty: Content = { totals: { tenants: 1, users: 1 }, tenants: {}, unavailable: [] };
const full: Content = { ...empty, totals: { tenants: 1, blueprints: 3, user_groups: 1, executions: 9 } };
const now = new Date('2026-11-22T02:00:00Z');
const target = (more: Partial<Target> = {}): Target => ({
  ...{ content: empty, active: [], restores: [], flags: [{ node: 'https://m1.example', flag: 'not-running' }] },
  ...{ maintenance: 'deactivated', now, ...more },
});
const execution = (more: Partial<ListedExecution> = {}): ListedExecution => ({
  ...{ id: 'e1', workflowId: 'install', status: 'started', createdAt: now, ageMs: 0, snapshot: undefined },
  ...{ error: '', tenant: 'default_tenant', startedAt: undefined, ...more },
});
const names = (refusals: readonly Error[]) => refusals.map(({ name }) => name);
const planned = ({ refusals }: Plan) => refusals.map(({ error }) => error);

describe('whether the manager can restore the archive', () => {
  const legacy = { format: 'legacy', marksLegacy: true } as const;
  test.each([
    ['7.0.5', { snapshotVersion: '7.0.5' }, []],
    ['7.1.0.dev1', { snapshotVersion: '7.0.5' }, []],
    ['7.0.5-ga', { snapshotVersion: '7.0.5' }, []],
    ['7.0.4', { snapshotVersion: '7.0.5' }, ['TargetUnsuitable']],
    ['7.0.0', { snapshotVersion: '7.0.1' }, ['TargetUnsuitable']],
    ['7.0.0', { snapshotVersion: '7.0.0' }, []],
    ['7.0.1', { snapshotVersion: '7.0.0' }, ['TargetUnsuitable']],
    ['6.4.2', { ...legacy, snapshotVersion: '5.0.5' }, []],
    ['5.1.10', { ...legacy, snapshotVersion: '5.1.9' }, []],
    ['5.1.4', { ...legacy, snapshotVersion: '5.1.10' }, ['TargetUnsuitable']],
    ['6.4.2', { ...legacy, snapshotVersion: '3.4.2' }, ['TargetUnsuitable']],
    ['6.4.2', { ...legacy, snapshotVersion: '4.0' }, []],
    ['7.0.5', { ...legacy, snapshotVersion: '6.4.2' }, []],
    ['7.0.5', { ...legacy, marksLegacy: false, snapshotVersion: '6.4.2' }, ['TargetUnsuitable']],
    ['7.0.0', { ...legacy, marksLegacy: false, snapshotVersion: '6.4.2' }, ['TargetUnsuitable']],
    ['6.4.2', { ...legacy, marksLegacy: false, snapshotVersion: '6.4.2' }, []],
    ['6.4.2', { ...legacy, marksLegacy: false, snapshotVersion: '7.0.5' }, ['TargetUnsuitable']],
    ['7.1.0', { ...legacy, marksLegacy: false, snapshotVersion: '7.1.0' }, ['TargetUnsuitable']],
  ])('%s and an archive %o: %o', (version, archive, expected) => {
    const asked = { input: input(), run: { ...run, version }, selection: { ...stored, ...archive } };
    expect(names(refusalsOf(asked, target()))).toEqual(expected);
  });

  test.each(['6.4.2', '7.0.5', '7.1.0'])('no manager (%s) is advised for an archive of community 7.x', (version) => {
    const selection = { ...stored, ...legacy, marksLegacy: false, snapshotVersion: '7.1.0' };
    const [refusal] = refusalsOf({ input: input(), run: { ...run, version }, selection }, target());
    expect(refusal?.message).toMatch(/no other manager restores it as it is.*Choose another archive\.$/);
    expect(refusal?.message).not.toMatch(/Restore (it|to|an)/);
  });

  test('versions are compared as numbers', () => {
    expect(compareVersions('5.1.10', '5.1.9')).toBeGreaterThan(0);
    expect(compareVersions('7.0', '7.0.0')).toBe(0);
    expect(compareVersions('6.4.2', '7.0.0')).toBeLessThan(0);
  });
});

describe('whether the manager is ready', () => {
  const asked = { input: input(), run, selection: stored };
  const refusals = (more: Partial<Target>, given = asked) => refusalsOf(given, target(more));

  test('what it holds is named, and force is what passes it', () => {
    const [refusal] = refusals({ content: full });
    expect(refusal?.name).toBe('TargetNotEmpty');
    expect(refusal?.message).toContain('it holds 1 tenant, 3 blueprints, 1 user group.');
    expect(refusals({ content: full }, { ...asked, input: input({ force: true }) })).toEqual([]);
  });

  test('what runs is named; what will never run is no obstacle', () => {
    const ageMs = 11 * 60_000;
    const ghost = execution({ id: 'g1', workflowId: 'restore_snapshot', status: 'pending', ageMs });
    expect(refusals({ active: [ghost] })).toEqual([]);
    const active = [ghost, ...[1, 2, 3, 4, 5, 6, 7].map((n) => execution({ id: `e${n}` }))];
    const [refusal] = refusals({ active });
    expect(refusal?.name).toBe('ManagerBusy');
    expect(refusal?.message).toMatch(/install e1 \(started\), .* e5 \(started\) and 2 more\. Run again/);
    expect(refusal?.message).not.toContain('g1');
    expect(notesForAfterwards(asked, target({ active })).join()).toContain('cleared first: 1.');
  });

  test('a ghost behind a stuck flag is told how to get rid of', () => {
    const ageMs = 3600_000;
    const ghost = execution({ workflowId: 'restore_snapshot', status: 'pending', ageMs });
    const flags = [{ node: 'https://m1.example', flag: 'running' as const }];
    const [refusal] = refusals({ active: [ghost], flags });
    expect(refusal?.message).toContain('remove /tmp/cloudify/snapshot_restoring there');
  });

  test('entering maintenance mode is busy, being in it is only said', () => {
    expect(names(refusals({ maintenance: 'activating' }))).toEqual(['ManagerBusy']);
    const ageMs = 3600_000;
    const ghost = execution({ id: 'g1', workflowId: 'restore_snapshot', status: 'pending', ageMs });
    // A ghost is what it waits for, so it would never end.
    const [refusal] = refusals({ maintenance: 'activating', active: [ghost] });
    expect(refusal?.message).toContain('no worker will ever run g1: set that to cancelled');
    expect(refusals({ maintenance: 'activated' })).toEqual([]);
    expect(notesForAfterwards(asked, target({ maintenance: 'activated' })).join()).toContain('is left in it');
  });

  test.each([
    ['7.0.3', '/tmp/cloudify/snapshot_restoring'],
    ['7.0.2', '/opt/manager/snapshot_status/snapshot_restoring'],
  ])('a flag that nobody set is said, and where it is on %s', (version, path) => {
    const flags = [{ node: 'https://n2.example', flag: 'running' as const }];
    const given = { ...asked, run: { ...run, version }, selection: { ...stored, snapshotVersion: '7.0.1' } };
    expect(refusals({ flags }, given)).toEqual([]);
    expect(notesForAfterwards(given, target({ flags })).join()).toContain(`https://n2.example says that`);
    expect(notesForAfterwards(given, target({ flags })).join()).toContain(path);
  });
});

describe('the notes of a plan', () => {
  type More = { input?: object; run?: object; selection?: object; target?: Partial<Target>; rules?: RestoreAuthority };
  const notes = (more: More = {}) => {
    const asked = {
      input: input(more.input),
      run: { ...run, ...more.run },
      selection: { ...stored, ...more.selection },
    };
    const on = target(more.target);
    return [...planNotes(asked, on, more.rules ?? {}), ...notesForAfterwards(asked, on)].join('\n');
  };
  const legacy = { format: 'legacy', snapshotVersion: '6.4.2', marksLegacy: true };

  test('say what happens to what is there', () => {
    expect(notes()).toContain('nothing on it is lost');
    expect(notes({ target: { content: full } })).toMatch(/keeps what it holds.*will most probably be partial/);
    expect(notes({ target: { content: full }, selection: legacy })).toContain('is wiped and replaced');
  });

  test('say whose credentials count afterwards', () => {
    expect(notes()).toContain("admin's password and tokens stay");
    expect(notes({ selection: legacy })).toContain('become those of manager m1');
    expect(notes({ selection: legacy })).not.toContain('restoredCredentials');
    const foreign = { ...legacy, manager: null };
    expect(notes({ selection: foreign })).toMatch(/give one that does: restoreFrom or restoredCredentials of m1/);
    expect(notes({ selection: foreign, rules: { restoredCredentials: 'm0' } })).not.toContain('give one');
    const others = { ...legacy, manager: 'm0' };
    expect(notes({ selection: others })).toMatch(/credentials of manager m0 be sent to m1.*name the pair: restoreFrom/);
    expect(notes({ selection: others, rules: { restoreFrom: ['m0'] } })).not.toContain('restoreFrom or');
  });

  test('say what services do', () => {
    expect(notes()).toContain('Services stay up');
    expect(notes({ selection: legacy, run: { version: '6.2.0' } })).toContain('REST service of the node');
    expect(notes({ selection: legacy, run: { version: '6.1.0' } })).toContain('goes on answering');
  });

  test('say what certificates do', () => {
    expect(notes({ input: { restoreCertificates: true } })).toContain('restoreCertificates does nothing');
    const certificates = { restoreCertificates: true };
    expect(notes({ input: certificates, selection: legacy })).toContain('reboots at the end');
    expect(notes({ input: { ...certificates, noReboot: true }, selection: legacy })).not.toContain('reboots');
  });

  test('say what clusters, agents and drills want', () => {
    expect(notes({ run: { nodes: { known: 3, healthy: 2, registered: 3, away: [] } } })).toMatch(
      /stop all but one[\s\S]*2 of its 3 nodes answer/,
    );
    expect(notes()).not.toMatch(/nodes|agents|drill/);
    expect(notes({ selection: { totals: { agents: 4 } } })).toContain('cfy agents install');
    expect(notes({ run: { purpose: 'drill' } })).toContain('A drill');
  });

  test('are never more than a state may hold', () => {
    const all = notes({
      input: { restoreCertificates: true, force: true },
      run: { purpose: 'drill', nodes: { known: 3, healthy: 1, registered: 3, away: [] } },
      selection: { ...legacy, manager: null, totals: { agents: 4 } },
      target: { content: full, maintenance: 'activated', flags: [{ node: 'https://a.example', flag: 'running' }] },
    });
    expect(all.split('\n').length).toBeLessThanOrEqual(18);
  });
});

describe('CheckTarget', () => {
  async function exported(options: Parameters<typeof World.start>[0] = {}) {
    const one = await World.start({ ...options, manager: { edition: 'premium', ...options.manager } });
    closing.push(() => one.stop());
    expect((await one.run()).outcome.status).toBe('SUCCEEDED');
    const deps = localDeps(one.parts(new AbortController().signal));
    closing.push(() => deps.close());
    const here = { ...run, node: one.manager.urls[0] ?? '' };
    const selection = Selection.parse(await selectArchive.run({ input: input(), run: here }, deps));
    const check = async (more: object = {}, differing: object = {}) =>
      Plan.parse(
        await checkTarget.run({ input: input(more), run: here, selection: { ...selection, ...differing } }, deps),
      );
    return { one, check, selection };
  }

  test('a manager that holds data is refused by name; with force there is a plan', async () => {
    const { check } = await exported();
    await expect(check()).rejects.toMatchObject({ name: 'TargetNotEmpty' });
    const plan = await check({ force: true });
    expect(plan).toMatchObject({ outcome: 'proceed', method: 'url', mayStream: true, refusals: [] });
    expect(plan.target).toMatchObject({ isEmpty: false, maintenance: 'deactivated', ghosts: [] });
    expect(plan.target.totals.blueprints).toBeGreaterThan(0);
    expect(plan.estimate.basis).toMatch(/^twice the \d+ s/);
    expect(JSON.stringify(plan)).not.toMatch(/Signature|X-Amz|\?/);
  });

  test('a dry run gets all refusals at once and changes nothing', async () => {
    const { one, check } = await exported();
    const before = one.manager.requests.length;
    const plan = await check({ dryRun: true }, { snapshotVersion: '7.1.0', size: 1 });
    expect(plan.outcome).toBe('planned');
    expect(planned(plan)).toEqual(['ChecksumMismatch', 'TargetUnsuitable', 'TargetNotEmpty']);
    expect(one.manager.requests.slice(before).every(({ method }) => method === 'GET')).toBe(true);
  });

  test.each([
    ['size', { size: 123 }],
    ['checksum', { crc32: 'AAAAAA==' }],
    ['version', { versionId: 'another' }],
  ])('an archive in storage of another %s is not restored', async (_, differing) => {
    const { check } = await exported();
    await expect(check({ force: true }, differing)).rejects.toMatchObject({
      name: 'ChecksumMismatch',
      message: expect.stringContaining('is not what its manifest says'),
    });
  });

  test('what passes comes last: ManagerBusy only when nothing else is in the way', async () => {
    const { one, check } = await exported();
    const body = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' };
    const authorization = `Basic ${Buffer.from(`admin:${one.secret.password}`).toString('base64')}`;
    await fetch(`${one.manager.urls[0]}/api/v3.1/snapshots/mine`, {
      ...body,
      headers: { ...body.headers, authorization, tenant: 'default_tenant' },
    });
    await expect(check()).rejects.toMatchObject({ name: 'TargetNotEmpty' });
    await expect(check({ force: true })).rejects.toMatchObject({
      name: 'ManagerBusy',
      message: expect.stringContaining('create_snapshot'),
    });
    expect(planned(await check({ dryRun: true }))).toEqual(['TargetNotEmpty', 'ManagerBusy']);
  });

  test('a tenant that the manager does not have', async () => {
    const { check } = await exported();
    await expect(check({ force: true, tenantName: 'nobodys' })).rejects.toMatchObject({ name: 'PermissionDenied' });
  });
});
