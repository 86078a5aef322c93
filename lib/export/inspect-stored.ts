import type { Stored } from '../base/schemas.ts';
import type { InspectionRecord } from '../catalogue/records.ts';
import type { Deps } from '../deps.ts';
import { inspectArchive } from '../snapshot/inspect.ts';
import { keysOf } from '../storage/layout.ts';

interface Inspected {
  readonly manager: string;
  readonly snapshot: string;
  readonly stored: Stored;
  /** Where spans end, as at export. */
  readonly cuts?: readonly number[] | undefined;
}

/**
 * Twice as many spans at most, each with a SHA-256 in the state: 240 of 105 bytes are 25 KB, and a state has room for 32.
 */
const DIGESTED_TARGETS = 119;

/** Reads the directory and the inventory of one stored version, and cuts it into spans to verify. Writes nothing. */
export async function inspect(
  { manager, snapshot, stored, cuts }: Inspected,
  { archive, settings, signal }: Pick<Deps, 'archive' | 'settings' | 'signal'>,
): Promise<InspectionRecord> {
  const key = keysOf(manager, snapshot).archive;
  const source = archive.source(key, stored.versionId, stored.size);
  const most = archive.pins(stored.versionId) ? 0 : Math.ceil(stored.size / DIGESTED_TARGETS);
  const targetBytes = Math.max(settings.verifySpanSize, most);
  const facts = await inspectArchive(source, key, { signal, targetBytes, cuts });
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
