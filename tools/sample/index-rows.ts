import { sourceOf } from '../../bench/growth-folder.ts';
import { days } from '../../lib/base/durations.ts';
import type { Entry } from '../../lib/catalogue/entry.ts';
import { digestOf, type IndexRow } from '../../lib/catalogue/index-records.ts';
import type { Manifest } from '../../lib/catalogue/records.ts';
import type { ManagerRules } from '../../lib/config/manager-rules.ts';
import { type Decision, decide } from '../../lib/retention/decide.ts';
import { nextRows } from '../../lib/retention/index-rows.ts';
import { keysOf } from '../../lib/storage/layout.ts';

export interface Night {
  readonly entry: Entry;
  readonly manifest: Manifest;
}

/** One whose archive has expired. */
export interface GoneNight extends Night {
  readonly decision: Decision;
  readonly goneAt: Date;
}

/** As the product has it (lib/retention/index-rows.ts). */
const GONE_DAYS = 90;

/** The index of archives after the last run. `stored`: the records that were written, by their keys. */
export function sampleRows(
  { left, gone, rules, now }: { left: readonly Night[]; gone: readonly GoneNight[]; rules: ManagerRules; now: Date },
  stored: ReadonlyMap<string, object>,
): IndexRow[] {
  const facts = { catalogue: { absent: [], waived: [] }, policy: rules.retention, now, mayLoosen: true };
  const rowsOf = (decisions: readonly Decision[]) => {
    const ids = decisions.map(({ entry }) => entry.manifest.snapshot.id);
    const rows = nextRows(new Map(), { ...facts, decisions, recorded: new Set(ids) });
    return [...rows.values()].filter((row) => row !== null);
  };
  const manifests = new Map([...left, ...gone].map(({ manifest }) => [manifest.snapshot.id, manifest]));
  const seen = (decision: Decision): Decision => ({ ...decision, entry: seenIn(decision.entry, manifests, stored) });
  const entries = left.map(({ entry }) => entry);
  const recent = gone.filter(({ goneAt }) => now.getTime() - goneAt.getTime() < days(GONE_DAYS));
  const since = new Map(recent.map(({ manifest, goneAt }) => [manifest.snapshot.id, goneAt.toISOString()]));
  return [
    ...rowsOf(decide(entries, rules, now).map(seen)),
    ...rowsOf(recent.map(({ decision }) => seen(decision))).map((row) => ({
      ...row,
      ...{ fate: 'expired' as const, since: since.get(row.snapshot) ?? row.since },
    })),
  ];
}

/** With what a reader learns of its records. Those of an archive that is gone are no more: nobody compares them. */
function seenIn(entry: Entry, manifests: ReadonlyMap<string, Manifest>, stored: ReadonlyMap<string, object>): Entry {
  const { manager, snapshot } = entry.manifest;
  const keys = keysOf(manager.id, snapshot.id);
  const [manifest, mark] = [stored.get(keys.manifest) ?? manifests.get(snapshot.id) ?? {}, stored.get(keys.mark)];
  const { etag, key } = sourceOf(manifest);
  const hasSignature = 'signature' in manifest;
  const source = { digest: digestOf(manifest), etag, hasSignature, ...(hasSignature ? { key } : {}) };
  return { ...entry, source, ...(mark ? { markSource: sourceOf(mark) } : {}) };
}
