import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { StepName } from '../../lib/base/step-names.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { type Flip, startFlippingProxy } from '../support/flipping-proxy.ts';
import { uploadOn } from '../support/restore-breakages.ts';
import { RestoreWorld } from '../support/restore-world.ts';
import { serve, withRanges } from '../support/web-server.ts';

interface Way {
  readonly way: string;
  readonly before: 'manager' | 'storage' | 'web server';
  readonly of: Flip['of'];
  readonly when: RegExp;
  readonly input: Readonly<Record<string, unknown>>;
  /** What comes of a bit that is flipped once. */
  readonly once: RegExp;
}

const ARCHIVE = /^GET \/offsite\/archives\/(?!.*X-Amz-Signature)/;
const FETCHED = /^GET \/offsite\/archives\/.*X-Amz-Signature/;
const READ_BACK = /^GET \/api\/v3\.1\/snapshots\/[^/]+\/archive/;

/** Wherever bytes of a restore travel. */
const WAYS: readonly Way[] = [
  {
    way: 'the archive from storage, before the manager fetches it',
    ...{ before: 'storage', of: 'answer', when: ARCHIVE, input: { method: 'url' }, once: /^SUCCEEDED$/ },
  },
  {
    way: 'the archive from storage to the manager',
    ...{ before: 'storage', of: 'answer', when: FETCHED, input: { method: 'url' }, once: /^UploadMismatch$/ },
  },
  {
    way: 'the archive from storage to the manager, with storage trusted',
    ...{ before: 'storage', of: 'answer', when: FETCHED, once: /^UploadMismatch$/ },
    input: { method: 'url', trustStorage: true },
  },
  {
    way: 'the archive from storage into the stream',
    ...{ before: 'storage', of: 'answer', when: ARCHIVE, input: { method: 'stream' }, once: /^SUCCEEDED$/ },
  },
  {
    way: 'the stream to the manager',
    ...{ before: 'manager', of: 'request', when: /^PUT .*\/archive/, input: { method: 'stream' } },
    once: /^UploadMismatch$/,
  },
  {
    way: 'the upload that is read back',
    ...{ before: 'manager', of: 'answer', when: READ_BACK, input: { method: 'url' }, once: /^SUCCEEDED$/ },
  },
  {
    way: 'the records from storage',
    ...{ before: 'storage', of: 'answer', when: /^GET \/offsite\/(manifests|marks)\//, input: { method: 'url' } },
    once: /./,
  },
  {
    way: 'an archive from elsewhere, to us and to the manager',
    ...{ before: 'web server', of: 'answer', when: /^GET /, input: { method: 'url' } },
    once: /^(SUCCEEDED|UploadMismatch|MemberCorrupt|NotAnArchive|ArchiveTruncated|ArchiveUnsupported)$/,
  },
  {
    way: 'an archive from elsewhere to the manager',
    ...{ before: 'web server', of: 'answer', when: /^GET .* whole$/, input: { method: 'url' } },
    once: /^UploadMismatch$/,
  },
  {
    way: 'an archive from elsewhere, streamed',
    ...{ before: 'web server', of: 'answer', when: /^GET /, input: { method: 'stream' } },
    once: /^(SUCCEEDED|UploadMismatch|MemberCorrupt|NotAnArchive|ArchiveTruncated|ArchiveUnsupported)$/,
  },
];
const PARTS = [0, 0.4, 0.98];
/** A failure that a person can act upon, and none of our own defects. */
const NAMED = /^(?!States|ContractViolation)[A-Z]\w+$/;

interface Played {
  readonly ended: string;
  /** What the manager had when it was asked to restore; undefined: it was not asked. */
  readonly restored: Buffer | undefined;
  readonly archive: Buffer;
}

async function play(both: RestoreWorld, way: Way, part: number, times: number): Promise<Played> {
  const { world, target } = both;
  const [key = ''] = await world.files('archives');
  const archive = await world.bytes(key);
  const web = await serve(withRanges(() => archive));
  const [managerUrl = ''] = world.secret.endpoints;
  const upstream = { manager: managerUrl, storage: world.s3.url, 'web server': web.url }[way.before];
  const proxy = await startFlippingProxy(upstream, { of: way.of, when: way.when, part, times });
  const s3 = s3Client({ ...world.s3.access, endpoint: proxy.url, maxAttempts: 1 });
  const secret = { ...world.secret, endpoints: [proxy.url] };
  const parts = { manager: { secret }, storage: { s3 }, 'web server': {} }[way.before];
  const input = way.before === 'web server' ? { sourceManager: undefined, archiveUrl: `${proxy.url}/a.zip` } : {};
  let restored: Buffer | undefined;
  const before = async (step: StepName) => {
    if (step !== 'CheckRestore' || restored) return;
    const file = target.state.files.get(uploadOn(both));
    if (file) restored = await buffer(await file.source.read(0, file.source.size));
  };
  try {
    const { outcome } = await both.restore({ ...way.input, ...input }, { parts, before });
    expect(proxy.flipped(), 'a bit was flipped').toBeGreaterThan(0);
    return { ended: outcome.status === 'FAILED' ? outcome.error : outcome.status, restored, archive };
  } finally {
    s3.destroy();
    await Promise.all([proxy.close(), web.close()]);
  }
}

describe.each(WAYS)('a bit flips on the way of $way', (way) => {
  test.each([
    ['once', 1],
    ['each time', Number.POSITIVE_INFINITY],
  ])('%s: other bytes are never restored', async (_, times) => {
    for (const part of PARTS) {
      const both = await RestoreWorld.start();
      try {
        const { ended, restored, archive } = await play(both, way, part, times);
        if (times === 1) expect(ended, `at ${part}`).toMatch(way.once);
        if (ended === 'SUCCEEDED') expect(restored, 'it was asked to restore').toBeDefined();
        else expect(ended).toMatch(NAMED);
        if (restored)
          expect(restored.equals(archive), `at ${part}: what the manager restores is the archive`).toBe(true);
      } finally {
        await both.stop();
      }
    }
  });
});
