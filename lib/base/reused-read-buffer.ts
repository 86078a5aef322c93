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
    const reader = new Reader();
    const connect = buildConnector({ ...options, onread: reader.onread } as buildConnector.BuildOptions);
    reader.lend(connect(target, callback) as unknown as Socket);
  };
}

/**
 * TLS hands over record by record, 16 KiB each: 65,536 for a GiB, each through undici and its parser, which is a third of
 * the CPU of a copy. So records are gathered until the buffer is full or the turn of the event loop ends.
 *
 * It also hands over all that it has decrypted already, although nobody wants more: what comes late waits in order, in
 * buffers of its own, since both of ours may be in use: one by the handler, one waiting.
 */
class Reader {
  /** What came and was not taken yet, in order. */
  readonly #pieces: Buffer[] = [];
  #socket: Socket | undefined;
  #filling: Buffer;
  #spare: Buffer;
  /** What is gathered lies from `#from` to `#to`. */
  #from = 0;
  #to = 0;
  #due: NodeJS.Immediate | undefined;

  constructor() {
    const both = summable(2 * READ_BYTES);
    [this.#filling, this.#spare] = [both.subarray(0, READ_BYTES), both.subarray(READ_BYTES)];
  }

  readonly onread = {
    /** Asked for after each callback. */
    buffer: (): Buffer =>
      this.#pieces.length > 0 ? Buffer.allocUnsafeSlow(RECORD_BYTES) : this.#filling.subarray(this.#to),
    callback: (length: number, buffer: Uint8Array): boolean => {
      if (buffer.buffer === this.#filling.buffer) this.#gather(length);
      else this.#hand((buffer as Buffer).subarray(0, length));
      // Not taken, because the body is paused: nothing more is read before it is, and the connection holds back.
      return this.#pieces.length === 0;
    },
  };

  /** The socket's own `read` begins to read again where `onread` has stopped, and has no bytes itself. */
  lend(socket: Socket): void {
    const pieces = this.#pieces;
    const more = socket.read.bind(socket);
    this.#socket = Object.assign(socket, {
      read(size?: number): Buffer | null {
        return size === 0 ? more(size) : (pieces.shift() ?? more(size));
      },
      unshift(rest: Buffer): void {
        if (rest.length > 0) pieces.unshift(rest);
      },
    });
    // Before anybody hears that it is over.
    for (const event of ['end', 'error', 'close']) socket.prependListener(event, this.#flush);
  }

  #gather(length: number): void {
    this.#to += length;
    const isFull = READ_BYTES - this.#to < RECORD_BYTES;
    if (isFull || length > RECORD_BYTES || this.#pieces.length > 0) this.#flush();
    else this.#due ??= setImmediate(this.#flush);
    if (!isFull) return;
    [this.#filling, this.#spare] = [this.#spare, this.#filling];
    this.#from = 0;
    this.#to = 0;
  }

  readonly #flush = (): void => {
    clearImmediate(this.#due);
    this.#due = undefined;
    if (this.#to === this.#from) return;
    const piece = this.#filling.subarray(this.#from, this.#to);
    this.#from = this.#to;
    this.#hand(piece);
  };

  #hand(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#socket?.emit('readable');
  }
}
