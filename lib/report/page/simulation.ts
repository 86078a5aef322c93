import type { Entry } from '../../catalogue/entry.ts';
import type { KeepRecord, MarkRecord } from '../../catalogue/records.ts';
import type { ManagerRules } from '../../config/manager-rules.ts';
import type { RecordKind } from '../../storage/layout.ts';
import type { LadderScale } from '../charts/ladder-scale.ts';

/** What the rules of retention look at in an archive, and nothing else: there may be thousands in a page. */
export interface SimulatedArchive {
  readonly id: string;
  readonly ready: string;
  readonly size: number;
  /** Null: it is gone. */
  readonly stored: { readonly at: string; readonly hidden: string | null; readonly class: string } | null;
  readonly flagged?: true;
  readonly damaged?: true;
  /** Until when a person wishes to keep it; null: for ever. */
  readonly keep?: string | null;
  readonly unreadable?: readonly RecordKind[];
}

/** What the page's script is given. */
export interface Simulation {
  readonly manager: string;
  readonly now: string;
  readonly timeZone: string;
  readonly retention: ManagerRules['retention'];
  readonly scale: LadderScale;
  readonly row: number;
  /** Snapshots in the order of the rows of the timeline. */
  readonly rows: readonly string[];
  /** All archives, the oldest first. */
  readonly archives: readonly SimulatedArchive[];
}

export function simulatedOf({ manifest, stored, mark, keep, accept, unreadable }: Entry): SimulatedArchive {
  const isFlagged = (manifest.flags?.length ?? 0) > 0 && accept === null;
  return {
    id: manifest.snapshot.id,
    ready: manifest.times.snapshotReady,
    size: manifest.archive.size,
    stored: stored && {
      at: stored.storedAt.toISOString(),
      hidden: stored.hiddenAt?.toISOString() ?? null,
      class: stored.storageClass,
    },
    ...(isFlagged ? { flagged: true } : {}),
    ...(mark?.result === 'damaged' ? { damaged: true } : {}),
    ...(keep ? { keep: keep.until } : {}),
    ...(unreadable.length > 0 ? { unreadable: unreadable.map(({ kind }) => kind) } : {}),
  };
}

/** As much of a catalogue's entry as the rules ask for: the inverse of `simulatedOf`. */
export function entryOf(manager: string, one: SimulatedArchive): Entry {
  const { id, ready, size, stored, keep } = one;
  const times = { scheduled: ready, snapshotRequested: ready, snapshotReady: ready, stored: ready, recorded: ready };
  const flag = { kind: 'drift' as const, type: 'size', before: 0, now: 0, percent: 0 };
  return {
    manifest: {
      manager: { id: manager },
      snapshot: { id, format: 'new', version: '', memberCount: 0 },
      archive: { key: '', versionId: null, size, crc32: '' },
      verification: { verifiedAt: ready },
      inventory: { totals: {} },
      ...(one.flagged ? { flags: [flag] } : {}),
      times,
    },
    stored: stored && {
      ...{ key: '', versionId: null, size, storageClass: stored.class },
      storedAt: new Date(stored.at),
      hiddenAt: stored.hidden === null ? null : new Date(stored.hidden),
    },
    missing: stored === null ? 'gone' : null,
    mark: one.damaged ? ({ result: 'damaged' } as MarkRecord) : null,
    keep: keep === undefined ? null : ({ until: keep } as KeepRecord),
    accept: null,
    unreadable: (one.unreadable ?? []).map((kind) => ({
      snapshot: id,
      kind,
      key: '',
      why: '',
      isForged: false,
      fault: 'unreadable',
    })),
  };
}
