import { ManagerUnavailable, type OffsiteError, SnapshotLost, UnexpectedReply } from '../lib/base/errors.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { ManagerClient } from '../lib/manager/client.ts';
import { NotConnected } from '../lib/manager/connection-errors.ts';
import type { ManagerHttp } from '../lib/manager/http.ts';
import { type ComparedUpload, compareSize, compareUpload, expectedArchive } from '../lib/manager/stored-upload.ts';
import { sourceOf } from '../lib/restore/choose/archive-source.ts';
import { unseenNodes } from '../lib/restore/state.ts';
import { inTime } from '../lib/restore/watch/time-limit.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/** For each node behind a load balancer, which does not say whom it asks: that many in all leave hardly one out. */
const LOOKS = 3;

/**
 * Compares what every node of the manager has stored with the archive, as far as it gives it back: managers keep whatever they are sent (hazards.md
 * K3), and any node's worker may be the one that restores. Throws `UploadMismatch`, and `SnapshotLost` while a node has
 * no file yet: clusters up to 7.0.2 replicate files.
 */
export const checkUpload = defineStep('CheckUpload', async ({ input, run, selection, upload }, allDeps) => {
  const deps = inTime('CheckUpload', allDeps);
  const { manager, node, snapshot } = run;
  // By any node at first: a secret that was rotated is read again by that.
  requireUploaded(await (await deps.managers.open(manager, node, input.tenantName)).snapshot(snapshot), run);
  const { nodes } = await deps.managers.open(manager, node, input.tenantName);
  const source = await sourceOf(input, selection, deps);
  const archive = await expectedArchive(source, selection.crc32, {
    label: selection.key ?? 'The archive',
    wholeUpTo: deps.settings.readBackBytes,
  });
  const away: Away[] = [];
  const notes: string[] = [];
  const results: ComparedUpload[] = [];
  for (const http of nodes) {
    try {
      // The row is the node's own word, so that a fellow cannot answer for it.
      requireUploaded(await new ManagerClient([http], async () => undefined).snapshot(snapshot), run, http);
      const reader = await deps.managers.archive(manager, http.node, snapshot, input.tenantName);
      const where = `Manager ${manager} at ${http.node}`;
      const result = await compareUpload(reader, archive, where);
      results.push(result);
      const more = unseenNodes(run) > 0 ? LOOKS * run.nodes.registered : 0;
      for (let look = 0; look < more; look++) await compareSize(reader, selection.size, where);
      if (result.upload === 'size only') {
        notes.push(`${http.node} serves no ranges: of the uploaded archive only the size was compared there.`);
      }
    } catch (error) {
      if (!(error instanceof ManagerUnavailable)) throw error;
      away.push({ node: http.node, error });
      notes.push(`${http.node} does not answer, so what it has stored was not compared.`);
    }
  }
  refuseTooManyAway(away, nodes.length, run.nodes.away);
  const least = results.reduce((one, other) => (other.uploadBytes < one.uploadBytes ? other : one));
  return { ...upload, compared: { ...upload.compared, ...least }, notes: [...upload.notes, ...notes].slice(0, 20) };
});

function requireUploaded(
  row: { readonly status: string } | undefined,
  { manager, snapshot }: { readonly manager: string; readonly snapshot: string },
  http?: ManagerHttp,
): void {
  const where = `Manager ${manager}${http ? ` at ${http.node}` : ''}`;
  if (!row)
    throw new SnapshotLost(`${where} does not know the uploaded snapshot ${snapshot}. Find out who deleted it.`);
  if (row.status !== 'uploaded') {
    throw new UnexpectedReply(`${where} has snapshot ${snapshot} as "${row.status}" and not as an upload.`);
  }
}

interface Away {
  readonly node: string;
  readonly error: OffsiteError;
}

/**
 * A node that takes no connections restores nothing. One that answers, but not well, is tried again, unless it was not
 * well when the restore began.
 */
function refuseTooManyAway(away: readonly Away[], asked: number, awayBefore: readonly string[]): void {
  const first = away[0];
  if (!first) return;
  if (away.length === asked) throw first.error;
  const answering = away.find(({ error, node }) => !(error instanceof NotConnected) && !awayBefore.includes(node));
  if (answering) throw answering.error;
}

export const handler = toHandler(checkUpload, runtime);
