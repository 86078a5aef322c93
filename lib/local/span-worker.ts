import { read as readWithCallback } from 'node:fs';
import { promisify } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import type { Dispatcher } from 'undici';
import { SOFTWARE } from '../base/software.ts';
import { nearSource } from '../storage/near-source.ts';
import type { StoredSpan } from '../storage/stored-span.ts';
import type { ByteSource } from '../zip/byte-source.ts';
import { type SpanVerified, verifySpan } from '../zip/verify-span.ts';
import { usableNetwork } from './plain-network.ts';
import type { BytesAt, FromThread, ThreadData, ToThread } from './thread-messages.ts';

/**
 * The program of a thread that verifies spans, one after another, until it is ended (span-thread.ts). It has no client of S3,
 * which would take 34 MB and 0.4 s in each.
 */

/** A message costs some 10 µs: one for 4 MiB, which is 50 a second, is nothing, and as often as anybody looks. */
const TOLD_BYTES = 4 * 1024 ** 2;

const { software, network } = workerData as ThreadData;
if (software !== SOFTWARE) throw new Error(`This is ${SOFTWARE}, and ${software} began.`);
const port = parentPort as NonNullable<typeof parentPort>;
const say = (message: FromThread) => port.postMessage(message);

const read = promisify(readWithCallback);
const failing = (size: number): ByteSource => ({
  size,
  read: async () => {
    throw new Error('The file cannot be read.');
  },
});

/** Whoever opened the file closes it. */
const ofFile = (size: number, fd: number): ByteSource =>
  nearSource(failing(size), async () => ({
    read: async (buffer, offset, length, position) => await read(fd, buffer, offset, length, position),
    close: async () => undefined,
  }));

const agents = new Map<string, Dispatcher>();

async function ofUrl(size: number, url: string): Promise<ByteSource> {
  // Loaded here and not above: of a folder no request is made.
  const [{ agentTo }, { UrlSource }] = await Promise.all([
    import('../storage/range-reads.ts'),
    import('../storage/url-source.ts'),
  ]);
  const { origin } = new URL(url);
  const agent = agents.get(origin) ?? agentTo(origin, usableNetwork(network));
  agents.set(origin, agent);
  return new UrlSource(size, url, agent);
}

async function verify({ key, size, span, range, withDigest }: StoredSpan, at: BytesAt): Promise<SpanVerified> {
  const source = 'file' in at ? ofFile(size, at.file) : await ofUrl(size, at.url);
  let told = 0;
  const onProgress = (bytes: number) => {
    if (bytes - told < TOLD_BYTES) return;
    told = bytes;
    say({ kind: 'progress', bytes });
  };
  return await verifySpan(source, key, span, { onProgress, range, withDigest });
}

port.on('message', ({ stored, at }: ToThread) => {
  verify(stored, at).then(
    (verified) => say({ kind: 'verified', verified }),
    (error: unknown) => say({ kind: 'failed', name: error instanceof Error ? error.name : 'Error' }),
  );
});
