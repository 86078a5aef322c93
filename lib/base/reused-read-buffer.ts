import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import { summable } from './crc32.ts';

/** Of one buffer: 256 KiB is in the CPU's second cache while it is copied and summed. */
const READ_BYTES = 256 * 1024;
/** The most that one record of TLS holds (RFC 8446, section 5.1). */
const RECORD_BYTES = 16 * 1024;

/**
 * Connects sockets that read into two buffers of their own, in turn. Node otherwise makes a buffer of 64 KiB for every
 * read, and clearing those away takes a third of the CPU of a copy and 100 MB of memory. A piece of a body is thus valid
 * until its handler returns or, if the handler paused the body, until it resumes it: for `dispatch`, never for `request`.
 *
 * Node's `onread` has the reading (net.connect, tls.connect), undici's `connect` option the socket; in between undici
 * asks the socket for what it has by `readable` and `read()`, and gives back by `unshift()` what it does not want yet.
 */
export function connectReusing(options: buildConnector.BuildOptions): buildConnector.connector {
  return (target, callback) => {
    const reader = target.protocol === 'https:' ? new RecordReader() : new PlainReader();
    const connect = buildConnector({ ...options, onread: reader.onread } as buildConnector.BuildOptions);
    reader.lend(connect(target, callback) as unknown as Socket);
  };
}

/** What came and was not taken yet, in order, and the two buffers. */
abstract class Reader {
  readonly #pieces: Buffer[] = [];
  #socket: Socket | undefined;
  #spare: Buffer;
  /** Being read into. The other one may be in use by the handler. */
  protected filling: Buffer;

  constructor() {
    const both = summable(2 * READ_BYTES);
    [this.filling, this.#spare] = [both.subarray(0, READ_BYTES), both.subarray(READ_BYTES)];
  }

  /** While anything waits, both buffers may be in use: one by the handler, one waiting. */
  protected get isWaiting(): boolean {
    return this.#pieces.length > 0;
  }

  protected swap(): void {
    [this.filling, this.#spare] = [this.#spare, this.filling];
  }

  protected hand(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#socket?.emit('readable');
  }

  /** Hands over what is not handed over yet: nothing more comes. */
  protected finish(): void {}

  /**
   * The socket's own `read` begins to read again where `onread` has stopped, and has no bytes itself. An end waits for what
   * waits before it: undici would take it for the end of a body that the end of the connection ends, or for a failure.
   */
  lend(socket: Socket): void {
    const pieces = this.#pieces;
    const more = socket.read.bind(socket);
    const push = socket.push.bind(socket);
    let hasEnded = false;
    this.#socket = Object.assign(socket, {
      read(size?: number): Buffer | null {
        const piece = size === 0 ? undefined : pieces.shift();
        if (piece) return piece;
        if (hasEnded && pieces.length === 0) push(null);
        return more(size);
      },
      unshift(rest: Buffer): void {
        if (rest.length > 0) pieces.unshift(rest);
      },
      push: (chunk: unknown): boolean => {
        if (chunk !== null) return push(chunk);
        this.finish();
        hasEnded = true;
        return pieces.length === 0 && push(null);
      },
    });
  }
}

/** Without TLS the kernel fills a buffer whole. */
class PlainReader extends Reader {
  readonly onread = {
    /** Asked for after each callback. */
    buffer: (): Buffer => {
      if (this.isWaiting) return Buffer.allocUnsafeSlow(RECORD_BYTES);
      this.swap();
      return this.filling;
    },
    callback: (length: number, buffer: Uint8Array): boolean => {
      this.hand((buffer as Buffer).subarray(0, length));
      // Not taken, because the body is paused: nothing more is read before it is, and the connection holds back.
      return !this.isWaiting;
    },
  };
}

/**
 * TLS hands over record by record, 16 KiB each: 65,536 for a GiB, each through undici and its parser, which is a quarter
 * of the CPU of a copy. So records are gathered until a buffer is full or the turn of the event loop ends. Node is given
 * one buffer for all of them, since it keeps something of each that it is given until the connection closes.
 *
 * It also hands over all that it has decrypted already, although nobody wants more: what comes late waits in order, in
 * buffers of its own.
 */
class RecordReader extends Reader {
  /** What is gathered lies from `#from` to `#to`. */
  #from = 0;
  #to = 0;
  #due: NodeJS.Immediate | undefined;

  readonly onread = {
    buffer: Buffer.allocUnsafeSlow(RECORD_BYTES),
    callback: (length: number, buffer: Uint8Array): boolean => {
      const record = (buffer as Buffer).subarray(0, length);
      // In order: undici may have given back the rest of a piece while others were gathered.
      if (this.isWaiting) this.#flush();
      if (this.isWaiting) this.hand(Buffer.from(record));
      else this.#gather(record);
      return !this.isWaiting;
    },
  };

  protected override finish(): void {
    this.#flush();
  }

  #gather(record: Buffer): void {
    this.filling.set(record, this.#to);
    this.#to += record.length;
    this.#due ??= setImmediate(this.#flush);
    if (READ_BYTES - this.#to >= RECORD_BYTES) return;
    this.#flush();
    this.swap();
    this.#from = 0;
    this.#to = 0;
  }

  readonly #flush = (): void => {
    clearImmediate(this.#due);
    this.#due = undefined;
    if (this.#to === this.#from) return;
    const piece = this.filling.subarray(this.#from, this.#to);
    this.#from = this.#to;
    this.hand(piece);
  };
}
