import { afterEach, describe, expect, test } from 'vitest';
import { checkUpload } from '../../../functions/check-upload.ts';
import { compareSpan } from '../../../functions/compare-span.ts';
import { uploadArchive } from '../../../functions/upload-archive.ts';
import { verifyRestore } from '../../../functions/verify-restore.ts';
import { defaultRules } from '../../../lib/config/manager-rules.ts';
import type { Deps } from '../../../lib/deps.ts';
import { localDeps } from '../../../lib/local/deps.ts';
import type { Restoring } from '../../../lib/restore/course.ts';
import type { RestoreInput } from '../../../lib/restore/input.ts';
import type { Plan, RestoreRun, Selection } from '../../../lib/restore/state.ts';
import type { OutputOf } from '../../../lib/workflow/contracts.ts';
import type { FaultName, FaultParameters } from '../../../simulator/manager/fault-parameters.ts';
import { canariesIn } from '../../support/canary.ts';
import { World, type WorldOptions } from '../../support/world.ts';

const snapshot = 'offsite-restore-20261123T020000Z-1a2b3c4d';
const tenant = 'default_tenant';
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A verified archive in the bucket, and the steps that hand it to a manager; here to the one that made it. */
class Restore {
  readonly world: World;
  readonly deps: Deps;
  readonly selection: Selection;
  readonly input: RestoreInput;

  private constructor(world: World, selection: Selection, input: RestoreInput) {
    this.world = world;
    this.selection = selection;
    this.input = input;
    const archiveUrls = { hosts: [new URL(world.s3.url).host], others: 'none' as const };
    const rulesOf = () => ({ ...defaultRules, archiveUrls });
    const deps = localDeps({ ...world.parts(new AbortController().signal), rulesOf });
    this.deps = deps;
    open.push(async () => {
      await deps.close();
      await world.stop();
    });
  }

  static async begin(options: WorldOptions = {}, input: Partial<RestoreInput> = {}): Promise<Restore> {
    const world = await World.start(options);
    await world.run();
    const [manifest] = await world.manifests();
    if (!manifest) throw new Error('The export failed.');
    const { archive, snapshot: made, inventory } = manifest;
    const selection: Selection = {
      ...{ from: 'bucket', manager: 'm1', snapshot: made.id, key: archive.key, versionId: archive.versionId },
      ...{
        size: archive.size,
        crc32: archive.crc32,
        sourceTag: null,
        format: made.format,
        snapshotVersion: made.version,
      },
      ...{ marksLegacy: made.format === 'legacy', memberCount: made.memberCount, totals: inventory.totals },
      ...{ takenAt: manifest.times.snapshotReady, creationSeconds: 5, notes: [] },
    };
    return new Restore(world, selection, { manager: 'm1', ...input });
  }

  /** The same with another selection. Closed with this one. */
  from(selection: Partial<Selection>, archiveUrl: string): Restore {
    const changed = { selection: { ...this.selection, ...selection }, input: { ...this.input, archiveUrl } };
    return Object.assign(Object.create(this) as Restore, changed);
  }

  get manager() {
    return this.world.manager;
  }

  run(nodes: RestoreRun['nodes'] = { known: 1, healthy: 1, registered: 1, away: [] }): RestoreRun {
    const { manager, world } = this;
    return {
      ...{ manager: 'm1', restore: '20261123T020000Z-1a2b3c4d', snapshot, nodes, purpose: 'recovery' },
      ...{ startedAt: world.clock.now().toISOString(), node: manager.urls[0] ?? '' },
      ...{ version: '7.0.5', edition: 'premium' },
    };
  }

  async upload(method: 'url' | 'stream'): Promise<OutputOf<'UploadArchive'>> {
    const { input, selection } = this;
    const compared = method === 'url' ? [await compareSpan.run({ selection, span: 1 }, this.deps)] : [];
    return await uploadArchive.run({ input, run: this.run(), selection, method, compared }, this.deps);
  }

  async check(nodes?: RestoreRun['nodes']): Promise<OutputOf<'CheckUpload'>> {
    const compared = { storage: 'all' as const, upload: null, uploadBytes: 0 };
    const uploadedAt = '2026-11-23T02:00:00Z';
    const upload = { method: 'url' as const, size: this.selection.size, uploadedAt, compared, notes: [] };
    const { input, selection } = this;
    return await checkUpload.run({ input, run: this.run(nodes), selection, upload }, this.deps);
  }

  /** Restores, as the steps in between would have done. */
  async restore(): Promise<string> {
    const client = await this.deps.managers.open('m1', undefined, this.input.tenantName);
    const body = { force: true, recreate_deployments_envs: false, restore_certificates: false, no_reboot: false };
    const reply = await client.call({ method: 'POST', path: `/snapshots/${snapshot}/restore`, body });
    this.world.clock.advance(3600);
    return (reply.json as { id: string }).id;
  }

  async verify(executionId: string): Promise<OutputOf<'VerifyRestore'>> {
    const { input, selection } = this;
    const target = { isEmpty: true, totals: { blueprints: 0 }, maintenance: 'deactivated', ghosts: [] };
    const plan = { outcome: 'proceed', method: 'url', mayStream: true, target } as unknown as Plan;
    const restoring = { executionId, access: 'current' } as unknown as Restoring;
    return await verifyRestore.run({ input, run: this.run(), selection, plan, restoring }, this.deps);
  }

  fault<N extends FaultName>(name: N, parameters: FaultParameters[N], scope: object = {}): void {
    this.manager.faults.inject(name, parameters, { method: 'PUT', times: 1, ...scope });
  }
}

const nameOf = (error: unknown) => (error as Error).name;

describe.each(['url', 'stream'] as const)('by %s', (method) => {
  test('what the manager has stored is the archive', async () => {
    const restore = await Restore.begin();
    const upload = await restore.upload(method);
    expect(upload).toMatchObject({ method, size: restore.selection.size, notes: [] });
    expect(await restore.check()).toMatchObject({ notes: [] });
    expect(restore.manager.state.snapshot(snapshot, tenant)?.status).toBe('uploaded');
    expect(canariesIn(restore.world.logs.join())).toEqual([]);
  });

  test('a second attempt finds what the first one did', async () => {
    const restore = await Restore.begin();
    restore.fault('lostUploadResponse', {});
    expect((await restore.upload(method)).notes).toEqual([expect.stringContaining('no valid answer')]);
    expect((await restore.upload(method)).notes).toEqual([expect.stringContaining('An earlier attempt')]);
    const puts = restore.manager.requests.filter((r) => r.method === 'PUT' && r.path.includes(snapshot));
    expect(puts).toHaveLength(1);
  });

  test('what an earlier attempt left half is removed first', async () => {
    const restore = await Restore.begin();
    restore.fault('uploadTruncated', { missingBytes: 10 });
    const error = await restore.upload(method).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ name: 'UploadMismatch' });
    expect((error as Error).message).toContain(
      `${restore.selection.size - 10} bytes instead of ${restore.selection.size}`,
    );
    expect((await restore.upload(method)).notes).toEqual([expect.stringContaining('it was removed')]);
    await restore.check();
  });

  test.each(['uploadKilled', 'uploadFull'] as const)('%s is worth another try', async (name) => {
    const restore = await Restore.begin();
    restore.fault(name, {});
    expect(await restore.upload(method).catch(nameOf)).toBe('ManagerUnavailable');
    await restore.upload(method);
    await restore.check();
  });

  test('a snapshot without its file is no upload', async () => {
    const restore = await Restore.begin();
    restore.fault('uploadRowWithoutFile', {});
    expect(await restore.upload(method).catch(nameOf)).toBe('UploadMismatch');
    expect(await restore.check().catch(nameOf)).toBe('SnapshotLost');
  });

  test('a reply without a snapshot is noted', async () => {
    const restore = await Restore.begin();
    restore.fault('uploadNullReply', {});
    expect((await restore.upload(method)).notes).toEqual([expect.stringContaining('replaced its file')]);
  });
});

test('a manager that cannot fetch says why, without the signature', async () => {
  const restore = await Restore.begin();
  restore.fault('uploadFetchFails', { reason: 'Connection refused' });
  const error = await restore.upload('url').catch((thrown: unknown) => thrown as Error);
  expect(error).toMatchObject({ name: 'UrlUnreachable' });
  expect((error as Error).message).toContain('Connection refused');
  expect((error as Error).message).not.toMatch(/X-Amz/i);
  expect(restore.manager.requests.find((r) => r.method === 'PUT')).toBeDefined();
});

test('an upload goes into the tenant of the input, and is found there', async () => {
  const restore = await Restore.begin({ manager: { tenants: ['tenant_9'] } }, { tenantName: 'tenant_9' });
  await restore.upload('stream');
  await restore.check();
  expect(restore.manager.state.snapshot(snapshot, 'tenant_9')?.status).toBe('uploaded');
});

describe('CheckUpload', () => {
  test('other bytes of the same size are a mismatch, by their place', async () => {
    const restore = await Restore.begin();
    restore.fault('uploadOtherBytes', {});
    await restore.upload('url');
    const error = await restore.check().catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ name: 'UploadMismatch', message: expect.stringMatching(/from byte \d+ of/) });
  });

  test('a node that has no file yet is waited for, one that is down is noted', async () => {
    const restore = await Restore.begin({ manager: { nodes: 2, replicationSeconds: 60 } });
    await restore.upload('url');
    const error = await restore
      .check({ known: 2, healthy: 2, registered: 2, away: [] })
      .catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({
      name: 'SnapshotLost',
      message: expect.stringContaining(restore.manager.urls[1] ?? ''),
    });
    restore.world.clock.advance(61);
    expect((await restore.check({ known: 2, healthy: 2, registered: 2, away: [] })).notes).toEqual([]);
    await restore.manager.stopNode(1);
    expect((await restore.check({ known: 2, healthy: 2, registered: 2, away: [] })).notes).toEqual([
      expect.stringContaining('does not answer'),
    ]);
  });

  test('a node that answers 503 is tried again, unless the restore began with it', async () => {
    const restore = await Restore.begin({ manager: { nodes: 2 } });
    await restore.upload('url');
    restore.fault('serverError', { status: 503 }, { node: 1, method: 'GET', times: 9 });
    expect(await restore.check({ known: 2, healthy: 2, registered: 2, away: [] }).catch(nameOf)).toBe(
      'ManagerUnavailable',
    );
    const away = restore.manager.urls.slice(1);
    expect((await restore.check({ known: 2, healthy: 1, registered: 2, away })).notes).toHaveLength(1);
  });

  test('without ranges all of it is compared, or of a large one only the size, and that is said', async () => {
    const restore = await Restore.begin();
    await restore.upload('url');
    restore.fault('noRanges', {}, { method: 'GET', times: 99 });
    const { size } = restore.selection;
    expect(await restore.check()).toMatchObject({ compared: { upload: 'all', uploadBytes: size }, notes: [] });
    Object.assign(restore.deps.settings, { readBackBytes: 1000 });
    expect(await restore.check()).toMatchObject({
      compared: { upload: 'size only', uploadBytes: 0 },
      notes: [expect.stringContaining('only the size was compared')],
    });
  });

  test('a snapshot that vanished is lost, and a node’s word counts for itself', async () => {
    const restore = await Restore.begin();
    expect(await restore.check().catch(nameOf)).toBe('SnapshotLost');
  });
});

describe('VerifyRestore', () => {
  test.each(['6.4.2', '7.0.5'])('a good restore on %s is complete', async (version) => {
    const restore = await Restore.begin({ manager: { version, edition: 'premium', holds: 'nothing' } });
    await restore.upload('stream');
    const execution = await restore.restore();
    // The manifest is enough.
    const { key, versionId } = restore.selection;
    await restore.deps.archive.removeUnrecorded(key ?? '', versionId ?? '');
    const verdict = await restore.verify(execution);
    expect(verdict).toMatchObject({ differences: [], outcome: 'complete', entityErrors: 0, before: { blueprints: 0 } });
    expect(verdict.compared).toContain('users');
    expect(verdict.after).toMatchObject({ blueprints: restore.selection.totals['blueprints'] });
  });

  test('what a new-format restore left out makes it partial, and the log says so as well', async () => {
    const restore = await Restore.begin({ manager: { version: '7.0.5', edition: 'premium', holds: 'nothing' } });
    await restore.upload('url');
    restore.fault('restorePartial', { type: 'deployments', count: 1 }, { method: 'POST' });
    const verdict = await restore.verify(await restore.restore());
    expect(verdict).toMatchObject({ outcome: 'partial', accepted: false });
    expect(verdict.differences).toContainEqual(expect.objectContaining({ tenant: null, type: 'deployments' }));
    expect(verdict.entityErrors).toBeGreaterThan(0);
    expect(verdict.message).toMatch(/^There (is|are) \d+ difference.*deployments.*logged \d+ error/);
  });

  test('what a community manager does not show is not compared', async () => {
    const restore = await Restore.begin({ manager: { version: '6.4.2', edition: 'community' } });
    await restore.upload('url');
    const verdict = await restore.verify(await restore.restore());
    expect(verdict.notCompared).toEqual(expect.arrayContaining(['users', 'user_groups', 'events', 'logs']));
    expect(verdict.compared).not.toContain('users');
  });

  test('without the manifest the archive is looked into again', async () => {
    const restore = await Restore.begin({ manager: { edition: 'premium', holds: 'nothing' } });
    await restore.upload('url');
    const execution = await restore.restore();
    const [manifest] = await restore.world.files('manifests');
    await restore.deps.archive.records.remove(manifest ?? '');
    expect((await restore.verify(execution)).outcome).toBe('complete');
  });

  test('of an archive whose URL has expired the totals are compared, which were known before', async () => {
    const restore = await Restore.begin({ manager: { holds: 'nothing' } });
    await restore.upload('url');
    const execution = await restore.restore();
    const nowhere = { manager: null, snapshot: null, key: null, versionId: null };
    const expired = restore.from({ ...nowhere, from: 'url' }, `${restore.world.s3.url}/offsite/a.zip`);
    const verdict = await expired.verify(execution);
    expect(verdict).toMatchObject({ outcome: 'complete', differences: [] });
    expect(verdict.notCompared).toContain('tenants that the list of the archive leaves out');
    expect(await expired.check().catch(nameOf)).toBe('ArchiveNotFound');
  });

  test('an unhealthy manager is tried again', async () => {
    const restore = await Restore.begin();
    await restore.upload('url');
    const execution = await restore.restore();
    restore.fault('statusFail', { service: 'PostgreSQL' }, { method: 'GET', times: 99 });
    expect(await restore.verify(execution).catch(nameOf)).toBe('ManagerUnavailable');
  });
});
