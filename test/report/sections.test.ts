import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BucketLayout } from '../../folder-s3/store/layout.ts';
import type { Profile } from '../../tools/sample/profiles.ts';
import { ReportWorld } from './world.ts';

const NOW = '2026-11-05T09:00:00.000Z';
const base = { timeZone: 'UTC', hour: 2, version: '7.0.5', growth: 1, items: { tenants: 3, deployments: 40 } };
const profile = (id: string, more: Partial<Profile> = {}): Profile => ({
  ...base,
  ...{ id, schedule: 'cron(0 2 * * ? *)', bytes: 2 ** 24, failsOneOf: 1e9 },
  ...more,
});
const EVIL = '"><img src=x onerror=alert(1)>\u202E';

let world: ReportWorld;
beforeAll(async () => {
  const profiles = [
    profile('tested', { tests: [[3, 'succeeded']], failed: [[6, 5, 'SnapshotFailed', EVIL]] }),
    profile('torn', { damaged: [8], signedFor: 12, kept: [[9, EVIL]] }),
    profile('lost', {
      tests: [
        [300, 'succeeded'],
        [5, 'succeeded', 'recovery'],
        [4, 'partial', 'recovery'],
      ],
    }),
  ];
  world = await ReportWorld.make(profiles, NOW, 20);
  await world.put(`restores/tested/${EVIL}.json`, '{}');
});
afterAll(async () => await world.remove());

interface Input {
  readonly key: string;
  readonly versionId: string;
  readonly sha256: string;
  readonly signature: string | null;
}
interface Evidence {
  readonly purpose: string;
  readonly state: string;
  readonly archive: { readonly manager: string };
  readonly times: { readonly recorded: string };
  readonly rtoSeconds: number;
}
interface Fleet {
  readonly policy: { what: string; configured: string | null; deployed: string | null }[];
  readonly controls: { id: string; facts: string[]; missing: string[] }[];
}

/** Records of a folder of the bucket by their keys, straight from the disk. */
async function onDisk(folder: string, manager: string): Promise<Map<string, Buffer>> {
  const dir = world.path('data', 'offsite', folder, manager);
  const files = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  const names = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  const root = world.path('data', 'offsite');
  return new Map(
    await Promise.all(names.map(async (name) => [name.slice(root.length + 1), await readFile(name)] as const)),
  );
}

const text = (cell: string) =>
  cell
    .replaceAll(/<svg[\s\S]*?<\/svg>|<[^>]+>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .trim();

/** The cells of the table of a section, row by row, as a person reads them. */
function rowsOf(page: string, section: string): string[][] {
  const part = new RegExp(`<section id="${section}"[\\s\\S]*?</section>`).exec(page)?.[0] ?? '';
  const body = part.slice(part.indexOf('<tbody>'));
  return [...body.matchAll(/<tr>([\s\S]*?)<\/tr>/g)].map(([, row = '']) =>
    [...row.matchAll(/<t[hd][^>]*>([\s\S]*?)<\/t[hd]>/g)].map(([, cell = '']) => text(cell)),
  );
}

test('integrity: each input is the bytes of the disk, of its version, and no manifest and no mark is left out', async () => {
  const layout = new BucketLayout(world.path('data'), 'offsite');
  for (const manager of ['tested', 'torn']) {
    const { inputs } = (await world.json('--manager', manager)) as unknown as { inputs: Input[] };
    const records = new Map([...(await onDisk('manifests', manager)), ...(await onDisk('marks', manager))]);
    expect(inputs.map(({ key }) => key)).toEqual(expect.arrayContaining([...records.keys()]));
    for (const { key, versionId, sha256, signature } of inputs) {
      const bytes = await readFile(layout.plainFile(key));
      const record = JSON.parse(await readFile(layout.record(key), 'utf8')) as { versions: { id: string }[] };
      const signed = key.startsWith('runs/')
        ? null
        : 'signature' in JSON.parse(bytes.toString())
          ? 'signed'
          : 'unsigned';
      expect({ key, versionId, sha256, signature }).toEqual({
        ...{ key, versionId: record.versions[0]?.id, signature: signed },
        sha256: createHash('sha256').update(bytes).digest('hex'),
      });
    }
    await world.report('--html', world.path(`${manager}.html`), '--manager', manager);
    const shown = rowsOf(await world.page(`${manager}.html`), 'inputs').map(([key, version, digest]) => [
      key,
      version,
      digest,
    ]);
    expect(shown).toEqual(inputs.map(({ key, versionId, sha256 }) => [key, versionId, sha256]));
  }
});

test('controls: their numbers are those of the records, and what is missing is named', async () => {
  const { controls } = (await world.json()) as unknown as Fleet;
  const of = (id: string) => controls.find((control) => control.id === id) ?? { facts: [], missing: [] };
  const records = await Promise.all(
    ['manifests', 'marks', 'keeps', 'reconciliations'].flatMap((folder) =>
      ['lost', 'tested', 'torn'].map(async (manager) => [...(await onDisk(folder, manager)).values()]),
    ),
  );
  const manifests = (
    await Promise.all(['lost', 'tested', 'torn'].map(async (name) => await onDisk('manifests', name)))
  ).flatMap((found) => [...found.values()]);
  const unsigned = records.flat().filter((bytes) => !('signature' in JSON.parse(bytes.toString())));
  // 20 nights of three managers, of which two failed and one was found damaged.
  expect(of('A1.2').facts).toEqual([
    '3 of 3 managers have a schedule in the configuration.',
    '57 of 60 runs of the period made an archive that was verified byte by byte.',
  ]);
  expect(of('A1.2').missing).toEqual([
    'The archives lie in a folder of one machine: neither off-site nor locked by itself.',
  ]);
  expect(of('A1.3').facts[0]).toBe(
    'Archives of 2 of 3 managers were restored within the last 365 days, in a test or after a loss, and the content compared.',
  );
  expect(of('A1.3').missing).toEqual(['No successful restore within the last 365 days: torn.']);
  expect(of('A.8.13').facts).toContain(
    `${manifests.length - 1} of ${manifests.length} stored archives are valid by their latest verification.`,
  );
  expect(of('A.8.13').missing).toEqual(
    expect.arrayContaining(['1 archive is damaged or missing.', `${unsigned.length} records are not signed.`]),
  );
});

test('policy: as the configuration says it, or that there is none; a page has the rows of the document', async () => {
  const { policy } = (await world.json()) as unknown as Fleet;
  const line = (what: string) => policy.find((one) => one.what === what);
  expect(line('Versioning')).toMatchObject({
    configured: 'does not apply to a folder',
    deployed: 'none: a folder on this machine',
  });
  expect(line('Configuration')).toMatchObject({ configured: 'a file of format version 2', deployed: null });
  expect(line('Retention')?.configured).toMatch(/^newest \d+ never expire; daily \d+, weekly \d+/);
  await world.report('--html', world.path('all'));
  const rows = rowsOf(await world.page('all', 'index.html'), 'policy');
  expect(rows.map(([what, configured]) => [what, configured])).toEqual(
    policy.map(({ what, configured }) => [what, configured]),
  );
  const bare = JSON.parse((await world.offsite('report', '--json')).out) as Fleet;
  expect(bare.policy.find(({ what }) => what === 'Verification of stored archives')?.configured).toBeNull();
  expect(bare.controls[0]?.missing).toContain('No configuration was at hand: which runs were due is not known.');
});

test('restores: a recovery is a proof as well; a row has what the archive held, and what of it was compared', async () => {
  const fleet = (await world.json()) as unknown as { lastRestore: object; managers: Record<string, unknown>[] };
  const row = fleet.managers.find(({ manager }) => manager === 'lost');
  const evidence = [...(await onDisk('restores', 'bench')).values()]
    .map((bytes) => JSON.parse(bytes.toString()) as Evidence)
    .filter(({ archive }) => archive.manager === 'lost');
  expect(evidence.map(({ purpose, state }) => [purpose, state]).sort()).toEqual([
    ['drill', 'succeeded'],
    ['recovery', 'partial'],
    ['recovery', 'succeeded'],
  ]);
  const of = (state: string, purpose: string) => {
    const found = evidence.find((one) => one.state === state && one.purpose === purpose);
    return { at: found?.times.recorded, rtoSeconds: found?.rtoSeconds, state };
  };
  expect(row?.['lastTest']).toEqual(of('succeeded', 'drill'));
  expect(row?.['lastRestore']).toEqual({ ...of('partial', 'recovery'), isTest: false });
  expect(row?.['lastProof']).toEqual(of('succeeded', 'recovery'));
  await world.report('--html', world.path('lost.html'), '--manager', 'lost');
  const [newest = []] = rowsOf(await world.page('lost.html'), 'restores');
  expect(newest[1]).toMatch(/^recovery/);
  expect(newest[3]).toMatch(/lost → bench, 16\.0 MiB$/);
  expect(newest[6]).toMatch(
    /^2 types compared by number \(archive: tenants 3, deployments 40\)\. Not compared: events, logs\.plugins of networking: 9 → 8/,
  );
  expect(await world.page('lost.html')).toContain('recovery partial, RTO');
});

test('a restore report that proves nothing is named by its key, on the page of its manager and of all', async () => {
  const cut = 'restores/torn/20261101T000000Z-aaaaaaaa.json';
  await world.put(cut, '{"schema":');
  const { findings, records } = (await world.json('--manager', 'torn')) as unknown as {
    findings: { about: string; kind: string; message: string }[];
    records: { unreadable: number };
  };
  expect(findings.find(({ about }) => about === cut)).toMatchObject({
    kind: 'UnreadableRecord',
    message: expect.stringContaining(`The restore report ${cut} proves nothing: `),
  });
  expect(records.unreadable).toBe(1);
  const other = 'restores/elsewhere/20261101T000000Z-bbbbbbbb.json';
  await world.put(other, '[]');
  await world.report('--html', world.path('unproven'));
  const page = await world.page('unproven', 'index.html');
  expect(page).toContain(other);
  expect(page).toContain('3 unreadable');
  expect(await world.page('unproven', 'manager-torn.html')).toContain(cut);
});

test('names and texts of others are text in these sections', async () => {
  await world.report('--html', world.path('evil'));
  for (const name of await readdir(world.path('evil'))) {
    const page = await world.page('evil', name);
    expect(page, name).not.toContain('<img');
    expect(page, name).not.toContain('\u202E');
  }
  expect(await world.page('evil', 'manager-tested.html')).toContain('&quot;&gt;&lt;img src=x');
  expect(await world.page('evil', 'index.html')).toMatch(/\d unreadable/);
});

test('controls: who is late is what is missing, not a fact; five days later, and so the last of these tests', async () => {
  world.clock.advance(5 * 86_400);
  const { controls } = (await world.json()) as unknown as Fleet;
  const point = controls.find(({ id }) => id === 'CP-10');
  expect(point?.missing).toContain('No archive within the target now: lost, tested, torn.');
  expect(point?.facts.join()).not.toContain('within it now');
});
