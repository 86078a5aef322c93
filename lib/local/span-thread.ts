import { Worker } from 'node:worker_threads';
import type { StoredSpan, Watched } from '../storage/stored-span.ts';
import type { SpanVerified } from '../zip/verify-span.ts';
import type { BytesAt, FromThread, ThreadData, ToThread } from './thread-messages.ts';

/** A thread did not verify its span: it met a failure, it is gone, or its program cannot be loaded. */
export class NotVerified extends Error {
  override readonly name = 'NotVerified';
}

/** Beside the code that was built, in its folder. */
export const WORKER_FILE = new URL(
  import.meta.url.endsWith('.ts') ? './span-worker.ts' : './span-worker.mjs',
  import.meta.url,
);

interface Work extends PromiseWithResolvers<SpanVerified> {
  readonly onProgress: Watched['onProgress'];
}

/** One thread, with one span at a time. It keeps no process alive but while it has one. */
export class SpanThread {
  readonly #worker: Worker;
  #work: Work | undefined;
  #ended: string | undefined;

  constructor(file: URL, heapMB: number, data: ThreadData) {
    this.#worker = new Worker(file, {
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: heapMB, maxYoungGenerationSizeMb: 4 },
      // Not to be mixed with what the command says; it says nothing but what V8 does as it dies.
      ...{ stdout: true, stderr: true },
    });
    this.#worker.on('message', (message: FromThread) => this.#hear(message));
    this.#worker.on('error', (error) => this.#end(`${error.name}: ${error.message}`));
    this.#worker.on('exit', (code) => this.#end(`exit code ${code}`));
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** Throws `NotVerified`, and the signal's reason. */
  async verify(stored: StoredSpan, at: BytesAt, { signal, onProgress }: Watched): Promise<SpanVerified> {
    const work: Work = { ...Promise.withResolvers<SpanVerified>(), onProgress };
    this.#work = work;
    this.#worker.ref();
    const abort = () => void this.end();
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    if (this.#ended !== undefined) this.#end(this.#ended);
    const message: ToThread = { stored, at };
    this.#worker.postMessage(message);
    try {
      const verified = await work.promise;
      onProgress(stored.range.end - stored.range.start);
      return verified;
    } catch (error) {
      // Of a thread that ended because of the signal.
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#work = undefined;
      this.#worker.unref();
    }
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #hear(message: FromThread): void {
    if (message.kind === 'progress') this.#work?.onProgress(message.bytes);
    if (message.kind === 'verified') this.#work?.resolve(message.verified);
    if (message.kind === 'failed') this.#work?.reject(new NotVerified(`A thread met ${message.name}`));
  }

  #end(how: string): void {
    this.#ended ??= how;
    this.#work?.reject(new NotVerified(`A thread has ended (${this.#ended})`));
  }
}
