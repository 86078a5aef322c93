import { ArchiveUnsupported, MemberCorrupt } from '../base/errors.ts';
import { JsonDocument } from './json-document.ts';

export const METADATA = 'metadata.json';

/** Real ones have 40 to 300 bytes. */
export const MAX_METADATA_BYTES = 1024 * 1024;

/** What `metadata.json` says about the manager that wrote the archive. */
export interface Metadata {
  /** Of the manager, like `5.1.0`. */
  readonly snapshotVersion: string;
  /** Revision of the main database (legacy). */
  readonly schemaRevision?: string;
  /** Revisions of the two UI databases (legacy, premium). */
  readonly stageSchemaRevision?: string;
  readonly composerSchemaRevision?: string;
  /** The execution that created the snapshot (7.0.1 and later). */
  readonly executionId?: string;
}

/**
 * Whether a manager of 7.x takes the archive for a legacy one: it asks for all three revisions, so one of a community
 * manager, which has only the first, is mistaken for the new format (contract.md §7.3).
 */
export function marksLegacy(metadata: Metadata): boolean {
  const { schemaRevision, stageSchemaRevision, composerSchemaRevision } = metadata;
  return [schemaRevision, stageSchemaRevision, composerSchemaRevision].every((revision) => revision !== undefined);
}

const OPTIONAL = {
  schemaRevision: 'schema_revision',
  stageSchemaRevision: 'stage_schema_revision',
  composerSchemaRevision: 'composer_schema_revision',
  executionId: 'execution_id',
} as const;

/** A restore downgrades databases to these, and takes the archive for a legacy one if they are there at all. */
const REVISIONS = [OPTIONAL.schemaRevision, OPTIONAL.stageSchemaRevision, OPTIONAL.composerSchemaRevision];

/** Throws `MemberCorrupt` unless `bytes` are JSON, `ArchiveUnsupported` unless an object with a `snapshot_version`. */
export function parseMetadata(bytes: Buffer, label: string): Metadata {
  const refuse = (what: string) => new ArchiveUnsupported(`${METADATA} of ${label} ${what}.`);
  const document = new JsonDocument();
  document.feed(bytes);
  const found = document.finish();
  if (typeof found === 'string') throw new MemberCorrupt(`${METADATA} of ${label} is not JSON: it has ${found}.`);
  if (!found) throw refuse('is no JSON object');
  const fields = fieldsOf(bytes.toString());
  const version = fields['snapshot_version'];
  if (typeof version !== 'string' || version === '') throw refuse('has no text "snapshot_version"');
  // A manager's ManagerVersion takes two numbers at least, and ends the restore without.
  if (!/^\s*\d+\.\d+/.test(version))
    throw refuse(`has a "snapshot_version" that is not valid (${JSON.stringify(version.slice(0, 40))})`);
  for (const field of REVISIONS) {
    if (field in fields && typeof fields[field] !== 'string') throw refuse(`has a "${field}" that is no text`);
  }
  const facts = Object.entries(OPTIONAL).flatMap(([key, field]) => {
    const value = fields[field];
    // Managers of 5.x let the output of npm, line feeds and all, into the names of the UI revisions.
    return typeof value === 'string' ? [[key, value.trim().slice(0, 200)] as const] : [];
  });
  return { snapshotVersion: version.slice(0, 100), ...Object.fromEntries(facts) };
}

/** The fields of an object that json.load takes: what Python knows beyond JSON becomes null. */
function fieldsOf(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(
    text.replace(/"(?:[^"\\]|\\.)*"|NaN|-?Infinity/g, (found) => (found.startsWith('"') ? found : 'null')),
  );
  return { ...(value as object) };
}
