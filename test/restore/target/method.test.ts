import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Settings } from '../../../lib/base/settings.ts';
import type { Deps } from '../../../lib/deps.ts';
import { localDeps } from '../../../lib/local/deps.ts';
import { chooseMethod, uploadPath, uploadUrlOf } from '../../../lib/restore/choose/transfer-method.ts';
import { RestoreEvidence } from '../../../lib/restore/prove/evidence-record.ts';
import { Selection } from '../../../lib/restore/state.ts';
import { estimateOf } from '../../../lib/restore/target/estimate.ts';
import { input, run, stored } from '../../support/restore-fixtures.ts';
import { World } from '../../support/world.ts';

let world: World;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  world = await World.start();
});
afterAll(async () => await world.stop());
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))));

function depsOf(settings: Partial<Settings> = {}): Deps {
  const parts = world.parts(new AbortController().signal);
  const deps = localDeps({ ...parts, settings: { ...parts.settings, ...settings } });
  closing.push(() => deps.close());
  return deps;
}

const GB = 1e9;
const now = new Date('2026-11-22T02:00:00Z');
const elsewhere = Selection.parse({ ...stored, from: 'url', key: null, versionId: null, crc32: null });
const atUrl = (archiveUrl: string, more: object = {}) => ({
  ...{ input: input({ archiveUrl, ...more }), run, selection: elsewhere },
});

describe('the URL that a manager is given', () => {
  test('stands in the path encoded exactly once, and its secrets are known', async () => {
    const deps = depsOf();
    const url = await uploadUrlOf(input(), stored, deps);
    const path = uploadPath(run, url);
    expect(path).toMatch(/^\/snapshots\/offsite-restore-[^/?]+\/archive\?snapshot_archive_url=http%3A%2F%2F127[^&?]+$/);
    expect(new URL(`http://m${path}`).searchParams.get('snapshot_archive_url')).toBe(url);
    const query = new URL(url).searchParams;
    expect(query.get('X-Amz-Expires')).toBe('600');
    expect(query.get('versionId')).toBe('null');
    const signature = query.get('X-Amz-Signature') ?? '';
    expect(signature).toHaveLength(64);
    expect(deps.redactor.clean(`Cannot fetch ${url}: refused`)).not.toContain(signature);
    expect(deps.redactor.clean(path)).not.toContain(signature);
    expect(deps.redactor.clean(query.get('X-Amz-Credential') ?? '')).toBe('[redacted]');
  });
});

describe('by URL or as a stream', () => {
  const near = { ...run, node: 'https://localhost' };
  const choose = async (asked: Parameters<typeof chooseMethod>[0], settings: Partial<Settings> = {}) =>
    await chooseMethod(asked, depsOf(settings));

  test('by URL when nothing speaks against it; a stream is left for later', async () => {
    const choice = await choose(atUrl('https://web.example/a.zip?sig=x'));
    expect(choice).toMatchObject({ method: 'url', mayStream: true, refusals: [] });
  });

  test('no stream is left for later when one could not carry the archive', async () => {
    const big = { ...atUrl('https://web.example/a.zip'), selection: { ...elsewhere, size: 4 * GB } };
    expect(await choose(big)).toMatchObject({ method: 'url', mayStream: true });
    expect(await choose(big, { streamLimit: 3 * GB })).toMatchObject({ method: 'url', mayStream: false });
  });

  test('the request line decides to the byte', async () => {
    const base = 'https://web.example/';
    const fixed = `PUT /api/v3.1${uploadPath(run, base)} HTTP/1.1`.length;
    const longest = `${base}${'a'.repeat(4094 - fixed)}`;
    expect(longest.length).toBeLessThan(4000);
    expect((await choose(atUrl(longest))).method).toBe('url');
    const choice = await choose(atUrl(`${longest}a`));
    expect(choice).toMatchObject({ method: 'stream', mayStream: false, refusals: [] });
    expect(choice.notes[0]).toMatch(/request line of 4095 bytes, and managers take 4094/);
  });

  test('what counts is the length once it is encoded', async () => {
    const url = `https://web.example/a.zip?X-Amz-Security-Token=${'%2F'.repeat(900)}`;
    expect(url.length).toBeLessThan(3000);
    expect((await choose(atUrl(url))).method).toBe('stream');
  });

  test('what would take over 240 s by URL is streamed', async () => {
    const sized = (size: number) => ({ ...atUrl('https://web.example/a.zip'), selection: { ...elsewhere, size } });
    expect((await choose(sized(4.8 * GB))).method).toBe('url');
    expect(await choose(sized(4.8 * GB + 1))).toMatchObject({ method: 'stream', refusals: [] });
    expect((await choose(sized(20 * GB), { urlBytesPerSecond: 100_000_000 })).method).toBe('url');
    expect((await choose(sized(1000), { urlBytesPerSecond: 4 })).notes[0]).toMatch(/takes 250 s.*gives up after 300 s/);
  });

  test('an address that only this machine understands is streamed, except to a manager on it', async () => {
    for (const host of ['127.0.0.1:9000', 'localhost', '[::1]:1', 's3.localhost', '127.8.9.10']) {
      const asked = atUrl(`http://${host}/a.zip`);
      expect((await choose(asked)).method).toBe('stream');
      expect((await choose({ ...asked, run: near })).method).toBe('url');
    }
    expect((await choose(atUrl('http://127.example/a.zip'))).method).toBe('url');
    // The embedded store's own signed URLs as well.
    expect((await choose({ input: input(), run, selection: stored })).method).toBe('stream');
  });

  test('what cannot work and was asked for is refused by the name of the field', async () => {
    const { refusals, notes } = await choose(atUrl('http://localhost/a.zip?sig=secret-value', { method: 'url' }));
    expect(refusals).toMatchObject([
      {
        name: 'InvalidInput',
        message: expect.stringMatching(/^--method url .* cannot work here: localhost means this/),
      },
    ]);
    expect([...notes, refusals[0]?.message].join()).not.toContain('secret-value');
  });

  test('what may be too slow and was asked for is done, and said', async () => {
    const asked = atUrl('https://web.example/a.zip', { method: 'url' });
    const choice = await choose({ ...asked, selection: { ...elsewhere, size: 50 * GB } });
    expect(choice).toMatchObject({ method: 'url', mayStream: false, refusals: [] });
    expect(choice.notes[1]).toMatch(/That may fail: at 20 MB\/s a fetch by URL takes 2500 s/);
  });

  test('a stream that was asked for is streamed', async () => {
    const choice = await choose(atUrl('https://web.example/a.zip', { method: 'stream' }));
    expect(choice).toMatchObject({ method: 'stream', mayStream: false, refusals: [] });
  });

  test.each(['auto', 'stream'])('too large for a stream (%s): refused, with the way out', async (method) => {
    const asked = atUrl('https://web.example/a.zip', { method });
    const { refusals } = await choose({ ...asked, selection: { ...elsewhere, size: 20 * GB } });
    expect(refusals).toMatchObject([
      {
        name: 'ArchiveTooLarge',
        message: expect.stringContaining('give --method url ("method": "url" in the input of an execution)'),
      },
    ]);
  });

  test('too large for both: no such advice', async () => {
    const asked = { ...atUrl('http://localhost/a.zip'), selection: { ...elsewhere, size: 20 * GB } };
    const { refusals } = await choose(asked);
    expect(refusals[0]?.message).toMatch(/By URL it cannot go either: localhost means/);
  });
});

describe('how long it will take', () => {
  const evidence = (restore: string, more: object = {}): object => ({
    ...{ schema: 'cloudify-offsite/restore/1', manager: 'timed', restore, purpose: 'recovery', execution: 'e' },
    ...{ state: 'succeeded', message: '', target: null, method: 'url', rtoSeconds: 100, verification: null },
    archive: {
      ...{ manager: 'm1', snapshot: null, key: null, versionId: null, size: 1000, crc32: null },
      ...{ format: 'new', snapshotVersion: '7.0.5', takenAt: null },
    },
    options: {
      ...{ force: false, recreateDeploymentsEnvs: true, restoreCertificates: false, noReboot: false },
      ...{ allowPartial: false, archiveUrl: null },
    },
    ...{ phases: { prepare: 1, upload: 2, restore: 90, verify: 1 }, credentials: null, notes: [] },
    times: {
      ...{ started: now.toISOString(), checked: null, uploaded: null, requested: null, ended: null },
      ...{ verified: null, recorded: now.toISOString() },
    },
    ...{ software: 'test', ...more },
  });
  const put = async (restore: string, more: object = {}) => {
    const record = RestoreEvidence.parse(evidence(restore, more));
    await world.put(`restores/timed/${restore}.json`, JSON.stringify(record));
  };
  const estimate = async (selection: object = {}, manager = 'timed') =>
    await estimateOf({ run: { manager }, selection: { ...stored, ...selection } }, depsOf({ urlBytesPerSecond: 300 }));

  test('is what the newest restore that ended well took, by size', async () => {
    await put('20261120T020000Z-aaaaaaaa');
    await put('20261121T020000Z-aaaaaaaa', { phases: { prepare: 1, upload: 2, restore: 60, verify: 1 } });
    await put('20261122T020000Z-aaaaaaaa', { state: 'failed', error: 'RestoreFailed' });
    await world.put('restores/timed/20261123T020000Z-aaaaaaaa.json', 'not json');
    expect(await estimate({ size: 2500 })).toEqual({
      uploadSeconds: 9,
      restoreSeconds: 150,
      basis: 'restore 20261121T020000Z-aaaaaaaa took 60 s for 1000 bytes',
    });
  });

  test('else twice the time of the snapshot, else a guess', async () => {
    expect(await estimate({ format: 'legacy' })).toMatchObject({
      restoreSeconds: 60,
      basis: expect.stringMatching(/^twice/),
    });
    expect(await estimate({}, 'other')).toMatchObject({ restoreSeconds: 60 });
    expect(await estimate({ creationSeconds: null }, 'other')).toMatchObject({ restoreSeconds: 600 });
  });
});
