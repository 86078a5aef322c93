import { changesIndex } from '../catalogue/write-index.ts';
import type { Deps } from '../deps.ts';
import { behindIndex, nextRows } from '../retention/index-rows.ts';
import { indexHeadOf, keysOf } from '../storage/layout.ts';
import { type Finding, OF_DOUBT } from './findings.ts';
import type { Observed } from './observe.ts';

/** The index × manifests and runs. A bucket without one is from before there were any, and gets one now. */
export function judgeIndex(view: Observed): Finding[] {
  const { index } = view.retention.catalogue;
  if (index.doubts.length > 0)
    return index.doubts.map(({ fault, key, why }) => ({ kind: OF_DOUBT[fault], about: key, message: why }));
  return [...rolledBack(view), ...behind(view)];
}

/** By what the runs of the last days have seen of it. */
function rolledBack({ manager, retention, runs }: Observed): Finding[] {
  const { sequence } = retention.catalogue.index;
  const seen = [...runs].map(([id, { record }]) => ({ id, sequence: record?.indexSequence ?? 0 }));
  const newest = seen.find((one) => one.sequence === Math.max(...seen.map((each) => each.sequence)));
  if (!newest || newest.sequence <= sequence) return [];
  const key = indexHeadOf(manager);
  const is = sequence === 0 ? 'is missing' : `has the number ${sequence}`;
  const message = `${key} ${is}, and the run ${newest.id} has seen number ${newest.sequence} of it: the index was put back as it once was, or removed. What is missing since may not be noticed. Bring back the newest version of everything below ${key.slice(0, key.lastIndexOf('/'))}.`;
  return [{ kind: 'IndexRolledBack', about: key, message }];
}

function behind({ manager, retention, runs }: Observed): Finding[] {
  const { index } = retention.catalogue;
  if (index.sequence === 0) return [];
  return behindIndex(index.rows, retention.decisions).flatMap(({ entry }): Finding[] => {
    const { id } = entry.manifest.snapshot;
    if (runs.get(id)?.isAtWork) return [];
    const { manifest } = keysOf(manager, id);
    const message = `${manifest} is not in the index of archives as it is: the run that recorded it was killed before it came to that, or another program put it there. The signature of the manifest is right.`;
    return [{ kind: 'IndexBehind', about: manifest, message }];
  });
}

/** Whether the index is to be written: what has expired since, what may be gone from some time on, or all of it. */
export function isIndexDue({ manager, now, retention }: Observed, { rulesOf }: Pick<Deps, 'rulesOf'>): boolean {
  const { catalogue, decisions } = retention;
  const { index } = catalogue;
  if (index.doubts.length > 0 || (decisions.length === 0 && index.rows.size === 0)) return false;
  const facts = { catalogue, decisions, policy: rulesOf(manager).retention, now, mayLoosen: true };
  return changesIndex(index, nextRows(index.rows, facts));
}
