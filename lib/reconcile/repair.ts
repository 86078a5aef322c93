import type { Deps } from '../deps.ts';
import { lifeOfRun } from '../export/abandoned-runs.ts';
import type { LifeDeps } from '../export/scheduled-run.ts';
import { applyRetention, readRetention } from '../retention/apply.ts';
import { snapshotOfArchiveKey } from '../storage/layout.ts';
import { isIndexDue } from './check-index.ts';
import type { FoundFinding } from './contract.ts';
import { FINDINGS, type Finding } from './findings.ts';
import type { Observed } from './observe.ts';
import { attempt, outcome } from './repair-outcome.ts';

/** Retention applies its tags; an upload goes when its run is dead. */
type RepairDeps = LifeDeps & Pick<Deps, 'archive' | 'rulesOf' | 'signal'>;

/** Every finding, and what became of it. Nothing is repaired on the word of a look: each is looked at again right before. */
export async function repairAll(
  findings: readonly Finding[],
  view: Observed,
  deps: RepairDeps,
): Promise<FoundFinding[]> {
  const isWrong = findings.some(({ kind }) => kind === 'WrongTag' || kind === 'IndexBehind');
  // What has expired or is about to is written into the index without anybody being told.
  const isPutBack = findings.some(({ kind }) => kind === 'IndexRolledBack');
  const tags =
    isWrong || (!isPutBack && isIndexDue(view, deps))
      ? await attempt(async () => await mendTags(view.manager, deps), deps)
      : '';
  const done: FoundFinding[] = [];
  for (const finding of findings) {
    if (finding.kind === 'WrongTag' || finding.kind === 'IndexBehind') done.push(outcome(finding, tags));
    else if (finding.kind === 'OpenUpload') done.push(await mendUpload(finding, view, deps));
    else done.push({ ...finding, repair: 'open' });
  }
  return done;
}

/** Of a dry run. */
export function unrepaired(findings: readonly Finding[]): FoundFinding[] {
  return findings.map((finding) => ({ ...finding, repair: FINDINGS[finding.kind].mends ? 'could be' : 'open' }));
}

async function mendTags(manager: string, deps: RepairDeps): Promise<string> {
  const { settled, refused } = await applyRetention(manager, deps);
  if (!settled) return 'records kept changing meanwhile; the next time it is looked at again.';
  if (refused[0] !== undefined) return refused[0];
  // Looked at again: a store may say yes and do nothing.
  const { tags, holds } = (await readRetention(manager, deps)).changes;
  const [left] = [...tags, ...holds];
  return left ? `storage took the change of ${left.key}, and shows the state before.` : '';
}

async function mendUpload(finding: Finding, { manager, uploads }: Observed, deps: RepairDeps): Promise<FoundFinding> {
  const snapshot = snapshotOfArchiveKey(finding.about);
  const work = async () => {
    const life = snapshot === undefined ? 'unknown' : await lifeOfRun(manager, snapshot, deps);
    if (life === 'unknown') return 'its owner is not known. S3 ends it three days after it was begun.';
    if (life === 'at work') return 'another run has begun to work on it.';
    for (const { key, uploadId } of uploads)
      if (key === finding.about) await deps.archive.multipart.abort(key, uploadId);
    return '';
  };
  return outcome(finding, await attempt(work, deps));
}
