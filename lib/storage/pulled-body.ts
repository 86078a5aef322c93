import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { RateFloor } from '../base/rate-floor.ts';

export interface PulledHead {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
}

/**
 * A response that is read piece by piece, each when it is asked for, out of the buffer that the socket reads into
 * (reused-read-buffer.ts). To everybody else it is a stream like any other.
 */
export class PulledBody extends Readable implements Dispatcher.DispatchHandler {
  readonly head: Promise<PulledHead>;
  readonly #settle: { resolve: (head: PulledHead) => void; reject: (error: unknown) => void };
  readonly #rate = new RateFloor();
  #controller: Dispatcher.DispatchController | undefined;
  #piece: Buffer | undefined;
  #waiting: { resolve: (piece: Buffer | undefined) => void; reject: (error: unknown) => void } | undefined;
  #end: { error: unknown } | undefined;

  constructor() {
    super({ highWaterMark: 1024 * 1024 });
    const { promise, resolve, reject } = Promise.withResolvers<PulledHead>();
    this.head = promise;
    this.#settle = { resolve, reject };
  }

  /** The body in pieces that are valid until the next one is asked for. Nothing else may read it meanwhile. */
  async *pieces(): AsyncGenerator<Buffer, void, undefined> {
    for (;;) {
      const piece = await this.#pull();
      if (!piece) return;
      yield piece;
    }
  }

  #pull(): Promise<Buffer | undefined> {
    const held = this.#piece;
    this.#piece = undefined;
    if (held) return Promise.resolve(held);
    if (this.#end) return this.#end.error ? Promise.reject(this.#end.error) : Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#rate.wait();
      this.#waiting = { resolve, reject };
      this.#controller?.resume();
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#end) controller.abort(asError(this.#end.error));
  }

  onResponseStart(_: Dispatcher.DispatchController, statusCode: number, headers: IncomingHttpHeaders): void {
    const all = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]);
    this.#settle.resolve({ statusCode, headers: Object.fromEntries(all) as Record<string, string> });
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    // undici asks its parser to go on with no bytes at all, and that hands them over.
    if (piece.length === 0) return;
    controller.pause();
    const slow = this.#rate.got(piece.length);
    if (slow) return void this.destroy(slow);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting.resolve(piece);
    else this.#piece = piece;
  }

  onResponseEnd(): void {
    this.#finish(undefined);
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#finish(error);
  }

  #finish(error: unknown): void {
    this.#end ??= { error };
    this.#settle.reject(this.#end.error);
    if (this.#end.error) this.#waiting?.reject(this.#end.error);
    else this.#waiting?.resolve(undefined);
    this.#waiting = undefined;
  }

  override _read(): void {
    this.#pull().then(
      (piece) => this.push(piece ? Buffer.from(piece) : null),
      (error: unknown) => this.destroy(asError(error)),
    );
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.#end) {
      this.#finish(error ?? new Error('The body was given up.'));
      this.#controller?.abort(error ?? new Error('The body was given up.'));
    }
    done(error);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
