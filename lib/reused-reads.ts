import type { Socket } from 'node:net';
import { buildConnector } from 'undici';

/** Of one read from a socket: 256 KiB is in the CPU's second cache while it is copied and summed. TLS gives 16 KiB. */
const READ_BYTES = 256 * 1024;

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
    const read: { piece: Buffer | undefined; socket: Socket | undefined } = { piece: undefined, socket: undefined };
    let [next, other] = [Buffer.allocUnsafeSlow(READ_BYTES), Buffer.allocUnsafeSlow(READ_BYTES)];
    const onread = {
      buffer: () => {
        [next, other] = [other, next];
        return next;
      },
      callback: (length: number, buffer: Uint8Array) => {
        read.piece = (buffer as Buffer).subarray(0, length);
        read.socket?.emit('readable');
        // Not taken, because the body is paused: nothing more is read before it is, and the connection holds back.
        return read.piece === undefined;
      },
    };
    const connect = buildConnector({ ...options, onread } as buildConnector.BuildOptions);
    read.socket = lend(connect(target, callback) as unknown as Socket, read);
  };
}

/** The socket's own `read` begins to read again where `onread` has stopped, and has no bytes itself. */
function lend(socket: Socket, read: { piece: Buffer | undefined }): Socket {
  const more = socket.read.bind(socket);
  return Object.assign(socket, {
    read(size?: number): Buffer | null {
      if (size === 0 || read.piece === undefined) return more(size);
      const { piece } = read;
      read.piece = undefined;
      return piece;
    },
    unshift(rest: Buffer): void {
      if (rest.length > 0) read.piece = rest;
    },
  });
}
