import { expect, test } from 'vitest';
import { inspectArchive } from '../../lib/snapshot/inspect.ts';
import { inspectAndVerify, LEGACY, NEW, replaced, SMALL_DUMP, without } from '../support/archives.ts';
import { MemorySource } from '../support/memory-source.ts';
import type { TestMember } from '../support/zip.ts';
import { writeZip } from '../support/zip.ts';

const inspect = (members: readonly TestMember[]) => inspectAndVerify(writeZip(members));
const metadata = (data: string): TestMember => ({ name: 'metadata.json', data });

test.each(LEGACY.map(({ name }) => String(name)))(
  'a legacy archive without %s is MemberMissing, by name',
  async (name) => {
    const refused = inspect(without(LEGACY, name));
    await expect(refused).rejects.toMatchObject({ name: 'MemberMissing' });
    await expect(refused).rejects.toThrow(name);
  },
);

test('a legacy archive of a manager before 4.4 needs no more than its dump', async () => {
  const members = [
    metadata('{"snapshot_version": "4.3.1", "schema_revision": "x"}'),
    { name: 'pg_data', data: SMALL_DUMP },
  ];
  await expect(inspect(members)).resolves.toMatchObject({ requiredMembers: ['metadata.json', 'pg_data'] });
});

test('a community archive with one schema revision is legacy, as its dump says', async () => {
  await expect(inspect(LEGACY)).resolves.toMatchObject({
    format: 'legacy',
    metadata: { schemaRevision: '272e61bf5f4a' },
  });
  const bare = replaced(LEGACY, metadata('{"snapshot_version": "7.0.0"}'));
  await expect(inspect(bare)).resolves.toMatchObject({ format: 'legacy' });
});

test('a new archive since 7.0.1 is counted by the type that each page says', async () => {
  const facts = await inspect([
    ...NEW,
    {
      name: 'tenants/default_tenant/00000001.json',
      data: '{"type": "blueprints", "items": [{"id": "b", "type": "x"}]}',
    },
    {
      name: 'tenants/default_tenant/00000002.json',
      data: '{"type": "events", "items": [{"type": "cloudify_log", "timestamp": "1", "message": "a"}, {"type": "cloudify_event", "timestamp": "2", "message": "a"}], "source": "executions"}',
    },
    { name: 'tenants/default_tenant/blueprints/b.tar.gz', data: 'no page' },
    { name: 'tenants/empty one/', method: 0 },
    { name: 'composer/blueprints.json', data: '{"type": "blueprints", "items": [1, 2, 3]}' },
  ]);
  expect(facts).toMatchObject({ format: 'new', metadata: { executionId: 'e1' }, memberCount: 11, fileCount: 7 });
  expect(facts.inventory.totals).toMatchObject({ tenants: 1, users: 1, blueprints: 1, events: 1, logs: 1 });
  expect(facts.inventory.tenants).toEqual({ default_tenant: { blueprints: 1, events: 1, logs: 1 }, 'empty one': {} });
});

/** The same in the layout of 7.0.0. */
const OLD: readonly TestMember[] = [
  ...NEW.filter(({ name }) => !/\d\.json$/.test(String(name))),
  { name: 'mgmt/tenants/0.json', data: '{"type": "tenants", "items": [{"name": "default_tenant"}]}' },
  { name: 'mgmt/users/0.json', data: '{"type": "users", "items": [{"username": "admin"}]}' },
];

test('a source that is null is none: the items of such pages are the same', async () => {
  const page = (number: number, more: string) => ({
    name: `tenants/default_tenant/0000000${number}.json`,
    data: `{"type": "nodes"${more}, "items": [{"id": "a"}, {"id": "b"}]}`,
  });
  const pages = [page(1, ', "source": null, "source_id": null'), page(2, ''), page(3, ', "source_id": "null"')];
  await expect(inspect([...NEW, ...pages])).resolves.toMatchObject({ inventory: { totals: { nodes: 4 } } });
});

test('a page of 7.0.0 that does not say its type has that of its folder', async () => {
  const facts = await inspect([
    ...OLD,
    { name: 'tenants/t/', method: 0 },
    { name: 'tenants/t/plugins_update/0.json', data: '{"items": [{"id": "1"}]}' },
  ]);
  expect(facts.inventory.tenants.t).toEqual({ plugins_updates: 1 });
});

test.each([
  ['mgmt/', NEW.filter(({ name }) => !String(name).startsWith('mgmt/'))],
  ['tenants/', NEW.filter(({ name }) => !String(name).startsWith('tenants/'))],
  ['tenants', without(NEW, 'mgmt/00000001.json')],
  ['users', without(NEW, 'mgmt/00000002.json')],
])('a new archive without %s is MemberMissing', async (what, members) => {
  const refused = inspect(members);
  await expect(refused).rejects.toMatchObject({ name: 'MemberMissing' });
  await expect(refused).rejects.toThrow(what);
});

test('a dump without rows is MemberMissing: there is nothing to restore', async () => {
  const bare = SMALL_DUMP.replace(/^0\t.*\n/gm, '');
  await expect(inspect(replaced(LEGACY, { name: 'pg_data', data: bare }))).rejects.toThrow(
    'no tenants and no users in pg_data',
  );
});

test('a dump that is cut off is MemberCorrupt, although its CRC-32 is right', async () => {
  const cut = replaced(LEGACY, { name: 'pg_data', data: SMALL_DUMP.slice(0, -10) });
  await expect(inspect(cut)).rejects.toMatchObject({ name: 'MemberCorrupt' });
});

test('a page that is no JSON is MemberCorrupt, although its CRC-32 is right', async () => {
  const page = { name: 'tenants/default_tenant/00000001.json', data: '{"type": "sites", "items": [' };
  await expect(inspect([...NEW, page])).rejects.toMatchObject({ name: 'MemberCorrupt' });
});

test.each([
  '<html>',
  '{"snapshot_version": "7.1.0",}',
  '{"snapshot_version": "7.1.0\x80"}',
  '\ufeff{"snapshot_version": "7"}',
])('metadata.json that json.load does not take is MemberCorrupt: %s', async (data) => {
  const bytes = data.includes('\x80') ? Buffer.from(data, 'latin1') : data;
  await expect(inspect(replaced(NEW, { name: 'metadata.json', data: bytes }))).rejects.toMatchObject({
    name: 'MemberCorrupt',
  });
});

test('metadata.json may have what Python writes beyond JSON', async () => {
  const data = '{"a": NaN, "b": [-Infinity, "NaN"], "snapshot_version": "7.1.0"}';
  await expect(inspect(replaced(NEW, metadata(data)))).resolves.toMatchObject({ snapshotVersion: '7.1.0' });
});

test.each([
  ['a list', '["7.1.0"]'],
  ['null', 'null'],
  ['without version', '{}'],
  ['with a version that is a number', '{"snapshot_version": 7}'],
  ['with an empty version', '{"snapshot_version": ""}'],
  ['with a version that is no version', '{"snapshot_version": "latest"}'],
  ['with a version of one number', '{"snapshot_version": "7"}'],
  ['with a revision that is null', '{"snapshot_version": "7.1.0", "schema_revision": null}'],
  ['with a revision that is a number', '{"snapshot_version": "7.1.0", "composer_schema_revision": 1}'],
  ['larger than 1 MiB', `{"snapshot_version": "7.1.0", "x": "${'x'.repeat(1024 * 1024)}"}`],
])('metadata.json that is %s is ArchiveUnsupported', async (_, data) => {
  await expect(inspect(replaced(NEW, metadata(data)))).rejects.toMatchObject({ name: 'ArchiveUnsupported' });
});

test.each([
  ['networks.json', '{"active_networks": null}', 'has "active_networks" that are no list'],
  ['networks.json', '{"active_networks": [], "active_networks": 1}', 'has "active_networks" that are no list'],
  ['networks.json', '[]', 'is no JSON object'],
  ['agents.json', '{"default_tenant": {}, "other": []}', 'has a tenant that is no JSON object'],
])('%s that is %s is ArchiveUnsupported: a restore would fail on it', async (name, data, why) => {
  const refused = inspect([...without(LEGACY, name), { name, data }]);
  await expect(refused).rejects.toMatchObject({ name: 'ArchiveUnsupported' });
  await expect(refused).rejects.toThrow(why);
});

test('agents.json by tenant is taken, and fields in any spelling', async () => {
  const agents = { name: 'agents.json', data: '{"default_tenant": {"dep": {}}, "other": {}}' };
  const networks = { name: 'networks.json', data: '{"active_n\\u0065tworks": ["default"]}' };
  await expect(inspect([...replaced(LEGACY, networks), agents])).resolves.toMatchObject({ format: 'legacy' });
});

test('what npm said beside a schema revision is kept out', async () => {
  const noisy = '{"snapshot_version": "5.0.5", "schema_revision": "a", "stage_schema_revision": "\\n2020-x.js \\n"}';
  const facts = await inspect(replaced(LEGACY, metadata(noisy)));
  expect(facts.metadata).toEqual({ snapshotVersion: '5.0.5', schemaRevision: 'a', stageSchemaRevision: '2020-x.js' });
});

test('pages near each other are read together, blobs between them are not read', async () => {
  const page = { data: '{"type": "sites", "items": [{"name": "x"}]}' };
  const members = [
    ...NEW,
    { name: 'tenants/a/', method: 0 },
    { name: 'tenants/a/00000001.json', ...page },
    { name: 'tenants/a/plugins/small.zip', method: 0, data: Buffer.alloc(100_000) },
    { name: 'tenants/a/00000002.json', data: page.data.replace('x', 'y') },
    { name: 'tenants/a/plugins/large.zip', method: 0, data: Buffer.alloc(8_000_000) },
    { name: 'tenants/a/00000003.json', data: page.data.replace('x', 'z') },
  ];
  const source = new MemorySource(writeZip(members));
  const facts = await inspectArchive(source, 'archive.zip');
  expect(facts.inventory.totals.sites).toBe(3);
  // The end, the first 40 bytes, metadata.json, and two runs of pages.
  expect(source.reads).toHaveLength(5);
  expect(source.reads.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(1_300_000);
});
