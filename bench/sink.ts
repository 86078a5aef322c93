import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { answerTo, type Head } from './sink-answers.ts';
import { BodyReader } from './sink-body.ts';

/**
 * An S3 endpoint that keeps nothing: it reads a request to its end, counts it, and says yes. Bare sockets and no HTTP
 * library, so that it takes as little as possible of the CPU that the copiers need on a small machine. As a program:
 * `node bench/sink.ts [<key file> <certificate file>]`, with them over TLS.
 */
export function sink(tls?: { key: string; cert: string }): Server {
  return tls ? createTlsServer(tls, serve) : createServer({ noDelay: true }, serve);
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');

function serve(socket: Socket): void {
  let head = Buffer.alloc(0);
  let request: { head: Head; body: BodyReader } | undefined;
  const take = (chunk: Buffer) => {
    let rest = chunk;
    while (rest.length > 0 || request) {
      if (!request) {
        head = Buffer.concat([head, rest]);
        const end = head.indexOf(END_OF_HEAD);
        if (end < 0) return;
        rest = head.subarray(end + END_OF_HEAD.length);
        request = begun(head.subarray(0, end).toString('latin1'));
        head = Buffer.alloc(0);
        if (request.head.headers.get('expect')) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      }
      rest = rest.subarray(request.body.feed(rest));
      if (!request.body.isOver) return;
      socket.write(answerTo(request.head, request.body.received));
      request = undefined;
    }
  };
  socket.on('data', take);
  socket.on('error', () => socket.destroy());
}

function begun(text: string): { head: Head; body: BodyReader } {
  const [line = '', ...fields] = text.split('\r\n');
  const [method = '', target = ''] = line.split(' ');
  const headers = new Map(
    fields.map((field) => {
      const colon = field.indexOf(':');
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
  const isChunked = headers.get('transfer-encoding') === 'chunked';
  const length = Number(headers.get('content-length') ?? 0);
  return { head: { method, target, headers }, body: new BodyReader(isChunked ? 'chunked' : length) };
}

if (import.meta.main) {
  const [key, cert] = process.argv.slice(2).map((file) => readFileSync(file, 'utf8'));
  const server = sink(key && cert ? { key, cert } : undefined);
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as { port: number };
    process.stdout.write(`http${key ? 's' : ''}://127.0.0.1:${port}\n`);
  });
}
