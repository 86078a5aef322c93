import type { Socket } from 'node:net';
import { buildConnector } from 'undici';

/** Of one read from a socket: 256 KiB is in the CPU's second cache while it is copied and summed. TLS gives 16 KiB. */
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
 *
 * TLS hands over all that it has decrypted already, four records or so, although nobody wants more: they come late, each
 * in a buffer of its own, and wait in order.
 */
export function connectReusing(options: buildConnector.BuildOptions): buildConnector.connector {
  return (target, callback) => {
    const read: Read = { pieces: [], socket: undefined };
    let [next, other] = [Buffer.allocUnsafeSlow(READ_BYTES), Buffer.allocUnsafeSlow(READ_BYTES)];
    const onread = {
      // Asked for after each callback. While anything waits, both may be in use: one by the handler, one waiting.
      buffer: () => {
        if (read.pieces.length > 0) return Buffer.allocUnsafeSlow(RECORD_BYTES);
        [next, other] = [other, next];
        return next;
      },
      callback: (length: number, buffer: Uint8Array) => {
        read.pieces.push((buffer as Buffer).subarray(0, length));
        read.socket?.emit('readable');
        // Not taken, because the body is paused: nothing more is read before it is, and the connection holds back.
        return read.pieces.length === 0;
      },
    };
    const connect = buildConnector({ ...options, onread } as buildConnector.BuildOptions);
    read.socket = lend(connect(target, callback) as unknown as Socket, read);
  };
}

interface Read {
  /** What came and was not taken yet, in order. */
  readonly pieces: Buffer[];
  socket: Socket | undefined;
}

/** The socket's own `read` begins to read again where `onread` has stopped, and has no bytes itself. */
function lend(socket: Socket, { pieces }: Read): Socket {
  const more = socket.read.bind(socket);
  return Object.assign(socket, {
    read(size?: number): Buffer | null {
      return size === 0 ? more(size) : (pieces.shift() ?? more(size));
    },
    unshift(rest: Buffer): void {
      if (rest.length > 0) pieces.unshift(rest);
    },
  });
}
