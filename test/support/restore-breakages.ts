import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import type { StepName } from '../../lib/base/step-names.ts';
import { Manifest } from '../../lib/catalogue/records.ts';
import type { SimulatedManager } from '../../simulator/manager/server.ts';
import { type Breakage, manager } from './breakages.ts';
import { canary } from './canary.ts';
import type { RestoreWorld } from './restore-world.ts';

/** The function of a step ends without a word of its own, as often as it is called or so many times. */
export function timesOut(step: StepName, times = Number.POSITIVE_INFINITY, name = 'States.Timeout'): Breakage {
  return () => {
    let hits = 0;
    return {
      hits: () => hits,
      mend: () => undefined,
      async before(called) {
        if (called !== step || hits >= times) return;
        hits += 1;
        throw Object.assign(new Error(`${step} did not end in time on m2.`), { name });
      },
    };
  };
}

/** Done once, right before one call of a step. */
export function at(step: StepName, act: (both: RestoreWorld) => unknown, wanted = 1) {
  return async (both: RestoreWorld, called: StepName, call: number) => {
    if (called === step && call === wanted) await act(both);
  };
}

/** Somebody's workflow runs on the manager. Gives how it ends. */
export function busyWith({ state }: SimulatedManager, workflowId = 'install'): () => void {
  const { id } = state.addExecution({ workflowId, status: 'started' });
  return () => {
    const row = state.execution(id);
    if (row) state.setExecutionStatus(row, 'terminated', '');
  };
}

/** What a refused restore left behind. Gives its id. */
export function leaveGhost({ state }: SimulatedManager): string {
  const parameters = { snapshot_id: 'before-the-upgrade' };
  return state.addExecution({ workflowId: 'restore_snapshot', status: 'pending', isSystem: true, parameters }).id;
}

export async function newestManifest({ world }: RestoreWorld): Promise<{ key: string; manifest: Manifest }> {
  const [key = ''] = (await world.files('manifests')).sort().reverse();
  return { key, manifest: Manifest.parse(JSON.parse(await world.text(key))) };
}

/** The version that the newest manifest vouches for is gone for good. */
export async function removeNewestArchive(both: RestoreWorld): Promise<string> {
  const { manifest } = await newestManifest(both);
  const { key, versionId } = manifest.archive;
  await both.world.client.send(
    new DeleteObjectCommand({ Bucket: both.world.bucket, Key: key, VersionId: versionId ?? undefined }),
  );
  return manifest.snapshot.id;
}

/** Requests that could change something on the target. */
export function changesAsked({ target }: RestoreWorld): string[] {
  return target.requests
    .filter(({ method }) => method !== 'GET' && method !== 'HEAD')
    .map((r) => `${r.method} ${r.path}`);
}

/** Clean-up deletes what might be ours, also when there is nothing. */
const CLEANING = /^DELETE \/api\/v3\.1\/snapshots\/offsite-restore-[^/]+$/;

/** Nothing was changed on the target, and nothing was tried. */
export function untouched(both: RestoreWorld): void {
  const asked = changesAsked(both).filter((one) => !CLEANING.test(one));
  expect(asked, 'requests that change something').toEqual([]);
}

/** The statuses of all restores that the target knows of, the oldest first. */
export function restoresOn({ target }: RestoreWorld): (string | null)[] {
  return target.state.executions.filter(({ workflowId }) => workflowId === 'restore_snapshot').map((row) => row.status);
}

/** A person sets the newest restore to `cancelled`, whatever its worker does. */
export function cancelByHand({ target: { state } }: RestoreWorld): void {
  const row = state.executions.filter(({ workflowId }) => workflowId === 'restore_snapshot').at(-1);
  if (row) state.setExecutionStatus(row, 'cancelled', '');
}

/** Our upload, while it is on the target. */
export function uploadOn({ target: { state } }: RestoreWorld): string {
  return state.snapshots.find(({ id }) => id.startsWith('offsite-restore-'))?.id ?? '';
}

/** A person, or a call that had been given up, asks the target to restore a snapshot. Gives the HTTP status. */
export async function askByHand(both: RestoreWorld, snapshot: string, password = canary.password): Promise<number> {
  const response = await fetch(`${both.target.urls[0]}/api/v3.1/snapshots/${snapshot}/restore`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`,
      tenant: 'default_tenant',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ force: true, recreate_deployments_envs: true }),
  });
  return response.status;
}

/** The bytes of our upload under another name: what anybody might have put there. */
export function copyUpload(both: RestoreWorld, id = 'theirs'): string {
  const { state } = both.target;
  const file = state.files.get(uploadOn(both));
  if (!file) throw new Error('There is no upload to copy.');
  state.addSnapshot(id, 'uploaded');
  state.writeFile(id, file.source, 0);
  return id;
}

/** The answer to the request is lost, and StartRestore, which looks for it, gets no answer either. */
export const lostAndBlind: readonly Breakage[] = [
  manager('lostRestoreResponse', {}, { times: 1 }),
  (world) => {
    const isAsked = () => world.manager.requests.some(({ method, path }) => method === 'POST' && /restore$/.test(path));
    const path = Object.assign(/executions/, { test: (text: string) => text.includes('/executions') && isAsked() });
    return manager('serverError', { status: 503 }, { step: 'StartRestore', times: 3, path })(world);
  },
];
