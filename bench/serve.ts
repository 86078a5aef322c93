import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tool } from './tools.ts';

export interface TlsFiles {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

const running: ChildProcess[] = [];

/** Starts a file of this folder as a process of its own and gives the address that it prints. */
export async function start(file: string, ...args: string[]): Promise<string> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  return await new Promise((resolve, reject) => {
    child.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()));
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)));
  });
}

/** nginx with one worker, `sendfile` and no log: what stands in front of every manager, at its best. */
export async function startNginx(nginx: Tool, root: string, dir: string, tls?: TlsFiles): Promise<string> {
  const port = await freePort();
  await mkdir(join(dir, 'nginx'), { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((one) => `${one}_temp_path ${dir}/nginx;`);
  const secure = tls ? ` ssl; ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key}` : '';
  const conf = `daemon off; worker_processes 1; pid ${dir}/nginx/pid; error_log ${dir}/nginx/errors;
events {}
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; ${temporary.join(' ')}
  server { listen 127.0.0.1:${port}${secure}; root ${root}; location ~ /archive$ { try_files /archive =404; } } }`;
  await writeFile(join(dir, 'nginx', 'conf'), conf);
  running.push(spawn(nginx.path, ['-c', join(dir, 'nginx', 'conf'), '-e', join(dir, 'nginx', 'errors')]));
  for (let attempt = 0; attempt < 50; attempt++) {
    if (await listens(port)) return `http${tls ? 's' : ''}://127.0.0.1:${port}`;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nginx does not answer on port ${port}: see ${dir}/nginx/errors`);
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const is = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  socket.destroy();
  return is;
}

export function stopAll(): void {
  for (const child of running.splice(0)) child.kill();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
