import type { Stored } from '../base/schemas.ts';
import type { InspectionRecord } from '../catalogue/records.ts';
import type { Deps } from '../deps.ts';
import { inspectArchive } from '../snapshot/inspect.ts';
import { keysOf } from '../storage/layout.ts';

/** Reads the directory and the inventory of one stored version, and cuts it into spans to verify. Writes nothing. */
export async function inspect(
  { manager, snapshot, stored }: { readonly manager: string; readonly snapshot: string; readonly stored: Stored },
  deps: Pick<Deps, 'archive' | 'settings' | 'signal'>,
): Promise<InspectionRecord> {
  const key = keysOf(manager, snapshot).archive;
  const source = deps.archive.source(key, stored.versionId, stored.size);
  const targetBytes = deps.settings.verifySpanSize;
  const facts = await inspectArchive(source, key, { signal: deps.signal, targetBytes });
  const { format, snapshotVersion, memberCount, compressedBytes, uncompressedBytes, inventory, verifySpans } = facts;
  return {
    schema: 'cloudify-offsite/inspection/1',
    versionId: stored.versionId,
    format,
    snapshotVersion,
    memberCount,
    compressedBytes,
    uncompressedBytes,
    inventory,
    requiredMembers: [...facts.requiredMembers],
    spans: [...verifySpans],
  };
}
