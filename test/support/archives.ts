import type { ArchiveFacts, InspectOptions } from '../../lib/snapshot/inspect.ts';
import { inspectArchive } from '../../lib/snapshot/inspect.ts';
import { verifySpan } from '../../lib/zip/verify-span.ts';
import { MemorySource } from './memory-source.ts';
import type { TestMember } from './zip.ts';

/** The dump of a manager with one tenant, one user and nothing else. */
export const SMALL_DUMP = `--
-- PostgreSQL database dump
--

COPY public.tenants (id, name, rabbitmq_password) FROM stdin;
0\tdefault_tenant\tsecret
\\.

COPY public.users (id, username) FROM stdin;
0\tadmin
\\.

COPY public.blueprints (_storage_id, id, _tenant_id) FROM stdin;
\\.

--
-- PostgreSQL database dump complete
--

`;

/** The members of a legacy archive as a manager writes it, nothing more. */
export const LEGACY: readonly TestMember[] = [
  { name: 'rest-security.conf', data: '{"hash_salt": "x"}' },
  { name: 'pg_data', data: SMALL_DUMP },
  { name: 'admin_account.json', data: '{"id": 0}' },
  { name: 'networks.json', data: '{"active_networks": ["default"]}' },
  { name: 'metadata.json', data: '{"snapshot_version": "6.4.0", "schema_revision": "272e61bf5f4a"}' },
];

/** The same for a new archive, of 7.0.1 or later. */
export const NEW: readonly TestMember[] = [
  { name: 'mgmt/', method: 0 },
  { name: 'tenants/', method: 0 },
  { name: 'metadata.json', data: '{"snapshot_version": "7.1.0", "execution_id": "e1"}' },
  { name: 'mgmt/00000001.json', data: '{"type": "tenants", "items": [{"name": "default_tenant"}]}' },
  { name: 'mgmt/00000002.json', data: '{"type": "users", "items": [{"username": "admin"}]}' },
  { name: 'tenants/default_tenant/', method: 0 },
];

export function replaced(members: readonly TestMember[], member: TestMember): TestMember[] {
  return members.map((other) => (other.name === member.name ? member : other));
}

export function without(members: readonly TestMember[], name: string): TestMember[] {
  return members.filter((member) => member.name !== name);
}

/** What the workflow does with an archive: inspects it, then verifies every span. Throws what these throw. */
export async function inspectAndVerify(bytes: Buffer, options: InspectOptions = {}): Promise<ArchiveFacts> {
  const facts = await inspectArchive(new MemorySource(bytes), 'archive.zip', options);
  let members = 0;
  for (const span of facts.verifySpans) {
    members += (await verifySpan(new MemorySource(bytes), 'archive.zip', span)).members;
  }
  if (members !== facts.memberCount) throw new Error(`${members} of ${facts.memberCount} members were verified`);
  return facts;
}

/** The name of the error that `promise` ends with, or "no error". */
export async function errorName(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  );
}
