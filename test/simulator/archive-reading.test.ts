import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { bytesOf, withFlippedByte } from '../../simulator/archive/tampered.ts';
import { type ReadableArchive, readArchive } from '../../simulator/manager/archive-reading.ts';
import { type TestMember, writeZip } from '../support/zip.ts';

const genuine = (name: string): Buffer => readFileSync(new URL(`../fixtures/snapshots/${name}`, import.meta.url));
const read = async (bytes: Buffer) => (await readArchive(bytesOf(bytes), 's1')) as ReadableArchive & { error?: string };

/** Counted with Python, by type. Of legacy ones without the execution of the create, which the dump's last line deletes. */
const GENUINE = {
  'manager-5.1.0.zip': {
    ...{ tenants: 1, users: 2, blueprints: 1, deployments: 1, nodes: 2, node_instances: 2, executions: 9 },
    ...{ events: 30, logs: 45 },
  },
  'manager-7.0.0-new-format.zip': {
    ...{ tenants: 3, users: 3, user_groups: 1, sites: 3, plugins: 3, secrets: 2, blueprints: 4, deployments: 2 },
    ...{ nodes: 2, node_instances: 2, agents: 1, executions: 3, permissions: 5 },
  },
  'new-format-7.1.0.dev1-two-tenants.zip': {
    ...{ tenants: 2, users: 3, sites: 4, secrets: 8, blueprints: 5, deployments: 4, nodes: 8, node_instances: 8 },
    ...{ executions: 13, events: 25, logs: 100, permissions: 844 },
  },
  'legacy-7.1.0.dev1-three-revisions.zip': {
    ...{ tenants: 2, users: 3, sites: 4, secrets: 8, blueprints: 5, deployments: 4, nodes: 8, node_instances: 8 },
    ...{ executions: 15, events: 31, logs: 240, permissions: 844, tokens: 2, users_roles: 3, users_tenants: 3 },
  },
  'legacy-7.1.0.dev1-community-one-revision.zip': {
    ...{ tenants: 2, users: 3, sites: 4, secrets: 8, blueprints: 5, deployments: 4, nodes: 8, node_instances: 8 },
    ...{ executions: 24, events: 50, logs: 762, permissions: 844, tokens: 2 },
  },
};

test.each(Object.entries(GENUINE))('%s: what a restore brings back, by type', async (name, totals) => {
  const { dump, pages, damage, clash } = await read(genuine(name));
  expect([damage, clash]).toEqual([undefined, undefined]);
  expect(dump ?? pages).toMatchObject({ inventory: { totals } });
});

test('both formats of one manager agree by tenant', async () => {
  const [new_, legacy] = await Promise.all(
    ['new-format-7.1.0.dev1-two-tenants.zip', 'legacy-7.1.0.dev1-three-revisions.zip'].map((name) =>
      read(genuine(name)),
    ),
  );
  const expected = {
    default_tenant: { blueprints: 3, deployments: 2, secrets: 4, sites: 2 },
    staging: { blueprints: 2, deployments: 2, secrets: 4, sites: 2 },
  };
  expect(new_?.pages).toMatchObject({ inventory: { tenants: expected } });
  expect(legacy?.dump).toMatchObject({ inventory: { tenants: expected } });
  expect(legacy?.dump).toMatchObject({ users: expect.arrayContaining([expect.objectContaining({ name: 'bob' })]) });
  expect([new_?.namesRevisions, legacy?.namesRevisions]).toEqual([false, true]);
});

test('the archive of a community manager names one revision of three', async () => {
  expect(await read(genuine('legacy-7.1.0.dev1-community-one-revision.zip'))).toMatchObject({ namesRevisions: false });
});

const METADATA = { name: 'metadata.json', data: '{"snapshot_version": "7.0.5"}' };
const page = (name: string, type: string, items: readonly object[], more: object = {}): TestMember => ({
  name,
  data: JSON.stringify({ type, items, ...more }),
});
const FOLDERS: readonly TestMember[] = ['mgmt/', 'tenants/', 'tenants/default_tenant/'].map((name) => ({
  name,
  data: '',
}));
const newArchive = (...members: TestMember[]) => read(writeZip([METADATA, ...FOLDERS, ...members]));
const at = (n: number) => `tenants/default_tenant/0000000${n}.json`;

describe('pages', () => {
  test('of items that agree the last page by name counts, whatever their order in the zip', async () => {
    const of = { source: 'deployments', source_id: 'd1' };
    const { pages } = await newArchive(
      page(at(4), 'deployments', [{ id: 'd1' }]),
      page(at(2), 'node_instances', [{ id: 'n1' }, { id: 'n2' }], of),
      page(at(3), 'node_instances', [{ id: 'n1' }], of),
      page(at(5), 'node_instances', [{ id: 'n1' }], { ...of, source_id: 'd2' }),
      page(at(1), 'deployments', [{ id: 'd1' }]),
      page('mgmt/00000001.json', 'users', [{ username: 'a', password_hash: 'old', role: 'default' }]),
      page('mgmt/00000002.json', 'users', [{ username: 'a', password_hash: 'new', role: 'default' }]),
    );
    expect(pages).toMatchObject({
      inventory: { totals: { deployments: 1, node_instances: 3, users: 1 } },
      users: [{ name: 'a', passwordHash: 'new' }],
    });
  });

  test('of a member that is there twice the last one counts', async () => {
    const { pages } = await newArchive(
      page(at(1), 'sites', [{ name: 'a' }, { name: 'b' }]),
      page(at(1), 'sites', [{ name: 'a' }]),
    );
    expect(pages).toMatchObject({ inventory: { totals: { sites: 1 } } });
  });

  test('from 7.0.1 on a tenant without an entry of its own brings nothing', async () => {
    const { pages } = await newArchive(page('tenants/other/00000001.json', 'sites', [{ name: 'a' }]));
    expect(pages).toMatchObject({ inventory: { totals: {}, tenants: { default_tenant: {} } } });
  });

  test.each([
    ['{"type": "sites" "items": []}', /^json\.decoder\.JSONDecodeError/],
    ['{"type": "sites", "items": [],}', /^json\.decoder\.JSONDecodeError/],
    ['\ufeff{"type": "sites", "items": []}', /^json\.decoder\.JSONDecodeError/],
    [Buffer.from('{"type": "s\xe9", "items": []}', 'latin1'), /^UnicodeDecodeError/],
    ['{"type": "sites"}', /^KeyError: 'items'/],
    ['{"items": []}', /^KeyError: 'type'/],
    ['{"type": "sites", "items": null}', /^TypeError/],
    ['{"type": "sites", "items": {"name": "a"}}', /^TypeError/],
    ['{"type": "sites", "items": ["a"]}', /^TypeError/],
    ['{"type": "sites", "items": [{"id": "a"}]}', /^KeyError: 'name'/],
    ['[]', /^TypeError/],
  ])('%s ends the restore', async (data, error) => {
    expect((await newArchive({ name: at(1), data })).pages).toEqual({ error: expect.stringMatching(error) });
  });

  test('NaN and Infinity are what Python takes', async () => {
    const { pages } = await newArchive({
      name: at(1),
      data: '{"type": "sites", "items": [{"name": "NaN", "x": [NaN, -Infinity]}]}',
    });
    expect(pages).toMatchObject({ inventory: { totals: { sites: 1 } } });
  });
});

describe('dumps', () => {
  const legacy = (text: string | Buffer) => read(writeZip([METADATA, { name: 'pg_data', data: text }]));
  const users = 'COPY public.users (id, username, password) FROM stdin;\n0\tadmin\tx\n';

  test.each([
    ['a NUL byte', `${users}1\tb\0b\tx\n\\.\n`, /line|0x00/],
    ['a row that is cut', `${users}1\tbob`, /:3: ERROR: {2}missing data for column "password"/],
    ['a row with too much', `${users}1\tbob\tx\ty\n\\.\n`, /extra data after last expected column/],
    ['a header that is cut', `${users}\\.\n\nCOPY public.depl`, /syntax error at end of input/],
    ['what is no SQL', '<html>;\n', /syntax error at or near "<html>;"/],
    ['text that is not UTF-8', Buffer.from(`${users}1\tb\xe9\tx\n\\.\n`, 'latin1'), /invalid byte sequence/],
  ])('%s is what psql refuses', async (_name, text, error) => {
    expect((await legacy(text)).dump).toEqual({ error: expect.stringMatching(/^psql:.*pg_data:\d+: ERROR/) });
    expect((await legacy(text)).dump).toEqual({ error: expect.stringMatching(error) });
  });

  test('one that is cut between two tables loads, as far as it goes', async () => {
    expect((await legacy(`${users}\\.\n\n`)).dump).toMatchObject({ inventory: { totals: { users: 1 } } });
  });

  test('tables of another schema are not the manager’s', async () => {
    const text = `SET search_path = audit;\n\nCOPY users (id) FROM stdin;\n1\n2\n\\.\n\n${users}\\.\n`;
    expect((await legacy(text)).dump).toMatchObject({ inventory: { totals: { users: 1 } } });
  });
});

describe('zips', () => {
  const NEW = genuine('new-format-7.1.0.dev1-two-tenants.zip');

  test.each(['mgmt/00000001.json', 'tenants/staging/blueprints/bp0.tar.gz', 'stage/pages.json'])(
    'a flipped byte in the data of %s is found, whether or not the restore looks at it',
    async (name) => {
      const flipped = withFlippedByte(bytesOf(NEW), NEW.indexOf(name, 0, 'latin1') + name.length + 20);
      expect(await readArchive(flipped, 's1')).toMatchObject({
        damage: expect.stringMatching(/BadZipFile|zlib\.error/),
      });
    },
  );

  test.each([
    ['zeros behind the end', Buffer.concat([writeZip([METADATA]), Buffer.alloc(512)])],
    ['a comment', writeZip([METADATA], { comment: Buffer.from('hello') })],
    ['ZIP64', writeZip([{ ...METADATA, zip64: true }], { zip64: true })],
  ])('%s is read', async (_name, bytes) => {
    expect(await read(bytes)).toMatchObject({ version: '7.0.5' });
  });

  test.each([
    ['no zip', Buffer.from('<html></html>'), /BadZipFile: File is not a zip file/],
    ['nothing', Buffer.alloc(0), /BadZipFile: File is not a zip file/],
    ['no metadata', writeZip([{ name: 'a', data: 'b' }]), /KeyError.*metadata\.json/],
    [
      'a name that is not what its flag says',
      writeZip([METADATA, { name: Buffer.from([0xff]), flags: 0x800 }]),
      /UnicodeDecodeError/,
    ],
  ])('%s is refused as Python does', async (_name, bytes, error) => {
    expect((await read(bytes)).error).toMatch(error);
  });

  test.each([
    [['a', 'a/b'], /NotADirectoryError/],
    [['a/b', 'a'], /IsADirectoryError/],
    [['a', 'a/'], /FileExistsError/],
    [['.'], /IsADirectoryError/],
    [['x'.repeat(256)], /File name too long/],
    [[`${'x/'.repeat(2048)}y`], /File name too long/],
    [['a/../b', 'a//b', 'a/b'], undefined],
  ])('members %j cannot all be extracted: %s', async (names, error) => {
    const { clash } = await read(writeZip([METADATA, ...names.map((name) => ({ name, data: '' }))]));
    if (error === undefined) expect(clash).toBeUndefined();
    else expect(clash).toMatch(error);
  });
});
