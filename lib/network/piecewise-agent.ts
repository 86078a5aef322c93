import { Agent } from 'node:https';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

/** Of one write: what is encrypted is sent while it is still in the CPU's second cache. */
const PIECE_BYTES = 128 * 1024;

type Done = (error?: Error | null) => void;
type Write = (chunk: Buffer | string, encoding: BufferEncoding, done: Done) => void;

/**
 * Sends large bodies over TLS in pieces. Node otherwise joins head and body, and then encrypts all of a body before the
 * first byte is sent: for a part of 16 MiB two more copies of 16 MiB, in memory that no cache holds.
 */
export class PiecewiseAgent extends Agent {
  override createConnection(
    options: object,
    connected?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const socket = super.createConnection(options as never, connected);
    return socket && inPieces(socket as TLSSocket);
  }
}

function inPieces(socket: TLSSocket): TLSSocket {
  const whole = socket._write.bind(socket) as Write;
  const write: Write = (chunk, encoding, done) => {
    if (typeof chunk === 'string' || chunk.length <= PIECE_BYTES) return whole(chunk, encoding, done);
    const next = (at: number): void => {
      const piece = chunk.subarray(at, at + PIECE_BYTES);
      const end = at + piece.length;
      whole(piece, encoding, end === chunk.length ? done : (error) => (error ? done(error) : next(end)));
    };
    next(0);
  };
  // Without _writev a stream hands over what it holds one by one.
  return Object.assign(socket, { _write: write, _writev: null });
}
