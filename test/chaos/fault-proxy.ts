import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';

/** One thing that goes wrong once, on the first connection that comes so far. */
export interface Fault {
  readonly kind: 'flip' | 'stall' | 'cut' | 'unavailable' | 'slow';
  readonly side: 'request' | 'answer';
  /** At which byte of that side of a connection. */
  readonly at: number;
  /** Of a stall, and of a slow connection. */
  readonly ms: number;
}

const UNAVAILABLE = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
/** 64 KiB is what a socket gives at once: 300 kB a second. */
const SLOW_MS = 200;

/** A wire that fails: it knows nothing of HTTP but one answer, so that heads are hit as well as bodies. */
export class FaultProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #armed: Fault[] = [];
  /** Faults that a connection has met. */
  met = 0;

  private constructor(port: number) {
    this.#server = createServer((client) => void this.#serve(client, port));
  }

  /** `port`: where the server is or will be; it may die and come back. */
  static async start(port: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(port);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy does not listen.');
    return `http://127.0.0.1:${address.port}`;
  }

  arm(faults: readonly Fault[]): void {
    this.#armed = [...faults];
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(client: Socket, port: number): Promise<void> {
    const server = connect(port, '127.0.0.1');
    const both = [client, server];
    const drop = () => {
      for (const socket of both) socket.destroy();
    };
    for (const socket of both) {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', drop);
    }
    const refuse = () => {
      server.destroy();
      client.end(UNAVAILABLE);
    };
    const ends = { drop, refuse };
    const ways = [
      pipeline(client, this.#way('request', ends), server),
      pipeline(server, this.#way('answer', ends), client),
    ];
    for (const { status } of await Promise.allSettled(ways)) if (status === 'rejected') drop();
  }

  #way(side: Fault['side'], ends: { drop(): void; refuse(): void }): Transform {
    let seen = 0;
    let slowUntil = 0;
    const pass = async (piece: Buffer): Promise<Buffer | undefined> => {
      const fault = this.#take(side, seen, piece.length);
      const at = seen;
      seen += piece.length;
      if (Date.now() < slowUntil) await wait(SLOW_MS);
      if (!fault) return piece;
      if (fault.kind === 'flip') piece.writeUInt8(piece.readUInt8(fault.at - at) ^ 0x10, fault.at - at);
      if (fault.kind === 'stall') await wait(fault.ms);
      if (fault.kind === 'slow') slowUntil = Date.now() + fault.ms;
      if (fault.kind === 'unavailable') return void ends.refuse();
      if (fault.kind === 'cut') return void ends.drop();
      return piece;
    };
    return new Transform({
      transform(piece: Buffer, _encoding, done: TransformCallback) {
        pass(piece).then((passed) => done(null, passed), done);
      },
    });
  }

  #take(side: Fault['side'], from: number, length: number): Fault | undefined {
    const found = this.#armed.find((one) => one.side === side && one.at >= from && one.at < from + length);
    if (!found) return undefined;
    this.#armed.splice(this.#armed.indexOf(found), 1);
    this.met += 1;
    return found;
  }
}
