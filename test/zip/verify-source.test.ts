import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { StorageUnavailable } from '../../lib/base/errors.ts';
import { inspectArchive } from '../../lib/snapshot/inspect.ts';
import type { ByteSource } from '../../lib/zip/byte-source.ts';
import { verifySpan } from '../../lib/zip/verify-span.ts';
import { errorName, LEGACY } from '../support/archives.ts';
import { MemorySource } from '../support/memory-source.ts';
import { writeZip } from '../support/zip.ts';

const MiB = 1024 * 1024;
// Above 1 MiB deflated: it is streamed.
const LARGE = Buffer.concat([randomBytes(3 * MiB), Buffer.alloc(20 * MiB, 'text ')]);

/** A source of which every read from byte `start` on goes wrong after 100 KB. */
function faulty(bytes: Buffer, end: (start: number) => AsyncGenerator<Buffer>): ByteSource {
  async function* chunks(start: number, length: number) {
    yield bytes.subarray(start, start + Math.min(length, 100_000));
    if (length > 100_000) yield* end(start);
  }
  return { size: bytes.length, read: async (start, length) => Readable.from(chunks(start, length)) };
}

const BIG_ZIP = writeZip([{ name: 'x', data: LARGE }, ...LEGACY]);
const BIG_SPAN = { firstMember: 0, members: 6, start: 0, end: BIG_ZIP.readUInt32LE(BIG_ZIP.length - 6) };

test('a source that fails, ends early or says too much midway is an error by name', async () => {
  const small = new MemorySource(BIG_ZIP);
  // The directory's own reads must work: only those that begin at the span's first byte go wrong.
  const with_ = (end: () => AsyncGenerator<Buffer>): ByteSource => {
    const broken = faulty(BIG_ZIP, end);
    return {
      size: small.size,
      read: (start, length) => (start === 0 && length > 1000 ? broken : small).read(start, length),
    };
  };
  const fails = with_(async function* () {
    yield* [];
    throw new StorageUnavailable('S3 was reset');
  });
  expect(await errorName(verifySpan(fails, 'archive.zip', BIG_SPAN))).toBe('StorageUnavailable');
  const short = with_(async function* () {
    yield* [];
  });
  expect(await errorName(verifySpan(short, 'archive.zip', BIG_SPAN))).toBe('TransferInterrupted');
  const long = with_(async function* () {
    yield BIG_ZIP.subarray(100_000);
    yield BIG_ZIP;
  });
  expect(await errorName(verifySpan(long, 'archive.zip', BIG_SPAN))).toBe('TransferInterrupted');
  const refuses: ByteSource = { size: 100, read: () => Promise.reject(new StorageUnavailable('no')) };
  expect(await errorName(inspectArchive(refuses, 'archive.zip'))).toBe('StorageUnavailable');
});

test('an abort ends it at once, also while the source hangs', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  const reason = new Error('deadline');
  const small = new MemorySource(BIG_ZIP);
  const never = new Promise<never>(() => {});
  const hangsMidway = faulty(BIG_ZIP, async function* () {
    yield await never;
  });
  for (const [start, source] of [
    [0, { size: small.size, read: (at, n) => (at === 0 && n > 1000 ? hangsMidway : small).read(at, n) }],
    [0, { size: small.size, read: (at, n) => (at === 0 && n > 1000 ? never : small.read(at, n)) }],
    [0, { size: small.size, read: () => never }],
  ] satisfies [number, ByteSource][]) {
    const controller = new AbortController();
    const verifying = verifySpan(source, 'archive.zip', { ...BIG_SPAN, start }, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await expect(verifying).rejects.toBe(reason);
    await expect(inspectArchive(source, 'archive.zip', { signal: controller.signal })).rejects.toBe(reason);
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

test('an abort in the middle of a member that flows is honoured', async () => {
  const controller = new AbortController();
  const onProgress = (bytes: number) => {
    if (bytes > MiB) controller.abort(new Error('enough'));
  };
  const verifying = verifySpan(new MemorySource(BIG_ZIP), 'a.zip', BIG_SPAN, { signal: controller.signal, onProgress });
  await expect(verifying).rejects.toThrow('enough');
});
