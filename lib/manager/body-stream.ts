import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { RateFloor } from '../base/rate-floor.ts';

/** Takes the next piece of a body, which is valid during the call only. A promise: no more before it is settled. */
export type OnPiece = (piece: Buffer) => Promise<void> | undefined;

export interface ResponseHead {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
}

export interface StreamOptions {
  /** Whether the body is what was asked for, and is to be taken; else it is gathered and given back. May throw. */
  readonly isWanted: (head: ResponseHead) => boolean;
  readonly take: OnPiece;
  readonly signal: AbortSignal;
  /** How long the body may stand still for the taker's sake; then the request is given up with `PausedTooLong`. */
  readonly pauseMs: number;
  /** Of a gathered body. */
  readonly maxBytes: number;
}

/** The taker was not ready for so long that the sender would have closed the connection. `until`: it is now. */
export class PausedTooLong extends Error {
  readonly until: Promise<void>;

  constructor(until: Promise<void>) {
    super('The body stood still for too long.');
    this.until = until;
  }
}

/** The connection failed, or was ended by the signal: `cause` says how. */
export class Broken extends Error {}

/** The answer whole, when it was not the body that was wanted. */
export type StreamedBody = { readonly head: ResponseHead; readonly bytes: Buffer } | undefined;

/** Hands a response's body over as it is read, without a stream in between, and holds the sender back for the taker. */
export class BodyStream implements Dispatcher.DispatchHandler {
  readonly ended: Promise<StreamedBody>;
  readonly #pour: StreamOptions;
  readonly #settle: { resolve: (poured: StreamedBody) => void; reject: (error: unknown) => void };
  readonly #rate = new RateFloor();
  readonly #gathered: Buffer[] = [];
  #size = 0;
  #refused: ResponseHead | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  /** What the taker threw, or we, which ends the request: it is the reason and not what undici makes of it. */
  #reason: { error: unknown } | undefined;

  constructor(pour: StreamOptions) {
    this.#pour = pour;
    const { promise, resolve, reject } = Promise.withResolvers<StreamedBody>();
    this.ended = promise;
    this.#settle = { resolve, reject };
    if (pour.signal.aborted) this.#abort();
    else pour.signal.addEventListener('abort', this.#abort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#reason) this.#end(this.#reason.error);
  }

  onResponseStart(_: Dispatcher.DispatchController, statusCode: number, headers: IncomingHttpHeaders): void {
    this.#guard(() => {
      if (!this.#pour.isWanted({ statusCode, headers })) this.#refused = { statusCode, headers };
      this.#rate.wait();
    });
  }

  onResponseData(_: Dispatcher.DispatchController, piece: Buffer): void {
    this.#guard(() => {
      if (this.#reason) return;
      const slow = this.#rate.got(piece.length);
      if (slow) throw broken(slow);
      const busy = this.#refused ? this.#gather(piece) : this.#pour.take(piece);
      if (busy === undefined) this.#rate.wait();
      else this.#pauseFor(busy);
    });
  }

  onResponseEnd(): void {
    this.#unlisten();
    if (this.#reason) this.#settle.reject(this.#reason.error);
    else this.#settle.resolve(this.#refused && { head: this.#refused, bytes: Buffer.concat(this.#gathered) });
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#unlisten();
    this.#settle.reject(this.#reason ? this.#reason.error : broken(error));
  }

  #gather(piece: Buffer): undefined {
    this.#size += piece.length;
    if (this.#size > this.#pour.maxBytes) throw broken(new Error(`reply larger than ${this.#pour.maxBytes} bytes`));
    this.#gathered.push(Buffer.from(piece));
  }

  #pauseFor(busy: Promise<void>): void {
    const controller = this.#controller;
    controller?.pause();
    const limit = AbortSignal.timeout(this.#pour.pauseMs);
    const giveUp = () => this.#end(new PausedTooLong(busy));
    limit.addEventListener('abort', giveUp, { once: true });
    busy
      .then(
        () => {
          this.#rate.wait();
          controller?.resume();
        },
        (error: unknown) => this.#end(error),
      )
      .finally(() => limit.removeEventListener('abort', giveUp));
  }

  /** Nothing is thrown into undici: it would be taken for a fault of its own and end the process's other requests. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#end(error);
    }
  }

  #end(error: unknown): void {
    this.#reason ??= { error };
    // Still connecting: nobody waits for that.
    if (!this.#controller) this.#settle.reject(error);
    this.#controller?.abort(error instanceof Error ? error : new Error(String(error)));
  }

  readonly #abort = (): void => this.#end(broken(this.#pour.signal.reason));

  #unlisten(): void {
    this.#pour.signal.removeEventListener('abort', this.#abort);
  }
}

function broken(cause: unknown): Broken {
  return new Broken('The connection broke.', { cause });
}
