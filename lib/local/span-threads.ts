import { availableParallelism, totalmem } from 'node:os';
import type { S3Client } from '@aws-sdk/client-s3';
import { atMost } from '../base/concurrency.ts';
import { hours, seconds } from '../base/durations.ts';
import { FEWEST_FILES, openFilesLimit } from '../base/open-files.ts';
import type { Clock, Log } from '../base/ports.ts';
import { SOFTWARE } from '../base/software.ts';
import type { ArchiveBucket } from '../storage/archive-bucket.ts';
import type { Near } from '../storage/near.ts';
import { networkTo } from '../storage/store-address.ts';
import type { SpanThreads, StoredSpan, Watched } from '../storage/stored-span.ts';
import type { SpanVerified } from '../zip/verify-span.ts';
import { plainNetwork } from './plain-network.ts';
import { NotVerified, SpanThread, WORKER_FILE } from './span-thread.ts';
import type { BytesAt } from './thread-messages.ts';

const MiB = 1024 ** 2;

/** Resident, of one thread at work: 18 to 21 MB were measured (bench/README.md). */
const THREAD_BYTES = 24 * MiB;
/** The loop of a thread takes 5 descriptors, its file or connection others. Where Node cannot begin a loop, the process crashes. */
const THREAD_FILES = 8;
/** All of them together take no more than this share of the machine's memory, or of what its container may have. */
const MEMORY_SHARE = 1 / 8;

export interface ThreadRules {
  /** Threads at once, of the whole process; below two it has none. */
  readonly most: number;
  /** Of an archive that is worth them. */
  readonly leastBytes: number;
  /** V8's, for the objects of one. */
  readonly heapMB: number;
  readonly program: URL;
}

const rules: ThreadRules = {
  most: mostThreads(availableParallelism(), memoryOf(totalmem(), process.constrainedMemory()), openFilesLimit()),
  // Two threads take 0.2 CPU s to begin, and 256 MiB in this thread 1 to 2.
  leastBytes: 256 * MiB,
  heapMB: 48,
  program: WORKER_FILE,
};

/** `limit`: of the container; 0, or more than there is: there is none. */
function memoryOf(machine: number, limit: number): number {
  return limit > 0 ? Math.min(machine, limit) : machine;
}

/** `files`: that this process may have open. */
export function mostThreads(cores: number, memory: number, files = Number.POSITIVE_INFINITY): number {
  const byFiles = Math.max(0, Math.floor((files - FEWEST_FILES) / THREAD_FILES));
  return Math.min(cores, Math.floor((memory * MEMORY_SHARE) / THREAD_BYTES), byFiles);
}

type InTurn = (work: () => Promise<SpanVerified>) => Promise<SpanVerified>;
const inTurn = (most: number): InTurn => atMost(most, (work: () => Promise<SpanVerified>) => work());

/** Of all runs of this process. */
const turns = inTurn(rules.most);

export interface ThreadParts {
  readonly s3: S3Client;
  readonly archive: Pick<ArchiveBucket, 'presign'>;
  /** Of a folder that this process serves. */
  readonly near: Near | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Reads are held back to a rate, which one core reaches. */
  readonly isSlow: boolean;
}

/** A URL is a credential. A range is asked for at once, and the directory while it is read: at 20 KB/s, 256 MiB take 4 h. */
const URL_SECONDS = hours(4) / seconds(1);

interface Place {
  readonly at: BytesAt;
  readonly close: () => Promise<void>;
}

/**
 * Verifies the spans of large archives on all cores. The threads begin with the first span and end with the last. They take
 * no second try and name no failure: a span that one did not verify, for whatever reason, is read again in this thread.
 */
export class LocalThreads implements SpanThreads {
  readonly #parts: ThreadParts;
  readonly #rules: ThreadRules;
  readonly #turns: InTurn;
  /** In this thread one at once: several would only take more memory. */
  readonly #here: InTurn = inTurn(1);
  readonly #idle: SpanThread[] = [];
  #spans = 0;

  constructor(parts: ThreadParts, other: Partial<ThreadRules> = {}) {
    this.#parts = parts;
    this.#rules = { ...rules, ...other };
    this.#turns = other.most === undefined ? turns : inTurn(other.most);
  }

  async verify(stored: StoredSpan, watched: Watched, here: () => Promise<SpanVerified>): Promise<SpanVerified> {
    if (!this.#isWorth(stored)) return await this.#here(here);
    this.#spans++;
    try {
      return await this.#turns(() => this.#beside(stored, watched, here));
    } finally {
      this.#spans--;
      if (this.#spans === 0) await Promise.all(this.#idle.splice(0).map((thread) => thread.end()));
    }
  }

  #isWorth({ size, range }: StoredSpan): boolean {
    const { most, leastBytes } = this.#rules;
    const isWhole = range.start === 0 && range.end === size;
    return most > 1 && size >= leastBytes && !isWhole && !this.#parts.isSlow;
  }

  async #beside(stored: StoredSpan, watched: Watched, here: () => Promise<SpanVerified>): Promise<SpanVerified> {
    watched.signal.throwIfAborted();
    const { at, close } = await this.#placeOf(stored);
    const thread = this.#idle.pop() ?? this.#begin();
    try {
      return await thread.verify(stored, at, watched);
    } catch (error) {
      if (!(error instanceof NotVerified)) throw error;
      const { start, end } = stored.range;
      this.#parts.log.warn(`${error.message}: bytes ${start} to ${end - 1} of ${stored.key} are re-read without it.`);
      return await this.#here(here);
    } finally {
      if (!thread.hasEnded) this.#idle.push(thread);
      await close();
    }
  }

  async #placeOf({ key, versionId }: StoredSpan): Promise<Place> {
    const { near, archive, clock } = this.#parts;
    const file = versionId === null ? undefined : await near?.open(key, versionId);
    if (file) return { at: { file: file.fd }, close: async () => await file.close() };
    const url = await archive.presign(key, versionId, URL_SECONDS, clock.now());
    return { at: { url }, close: async () => undefined };
  }

  #begin(): SpanThread {
    const { program, heapMB } = this.#rules;
    const network = plainNetwork(networkTo(this.#parts.s3));
    return new SpanThread(program, heapMB, { software: SOFTWARE, network });
  }
}
