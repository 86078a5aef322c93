import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { join } from 'node:path';

/** Where nginx is not installed: serves the files of a folder with ranges. `node bench/own-origin.ts <folder> [<key file> <certificate file>]`. */
const [root = '.', ...files] = process.argv.slice(2);
const [key, cert] = files.map((file) => readFileSync(file, 'utf8'));
const serve: RequestListener = (request, response) => {
  const name = request.url?.split('?')[0] ?? '/';
  const path = join(root, name.endsWith('/archive') ? 'archive' : name);
  const { size, mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { size: -1, mtimeMs: 0 };
  if (size < 0) return void response.writeHead(404).end();
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const start = Number(from ?? 0);
  const end = to ? Number(to) : size - 1;
  const partial = from === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` };
  const headers = { etag: `"${mtimeMs}-${size}"`, 'content-length': end - start + 1, 'accept-ranges': 'bytes' };
  response.writeHead(from === undefined ? 200 : 206, { ...headers, ...partial });
  if (request.method === 'HEAD') response.end();
  else createReadStream(path, { start, end, highWaterMark: 1024 * 1024 }).pipe(response);
};
const server = key && cert ? createTlsServer({ key, cert }, serve) : createServer(serve);
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http${key ? 's' : ''}://127.0.0.1:${(server.address() as { port: number }).port}\n`);
});
