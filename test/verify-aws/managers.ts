import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { makeCertificates } from '../../simulator/manager/certificate.ts';
import type { Account } from './account.ts';
import type { Served } from './serve-managers.ts';
import { MANAGER_ADDRESS } from './site-template.ts';

/** `prod` is exported from, `spare` is restored to: it is empty at first. */
export interface Managers {
  readonly secrets: { readonly prod: object; readonly spare: object };
  /** What the instance needs, by name. */
  readonly files: Readonly<Record<string, string>>;
}

const PORTS = { prod: 8443, spare: 8444 } as const;

/** Managers with certificates and a password that nothing else uses, and that go with them. */
export async function makeManagers({ isEmulator, caFile }: Account, folder: string): Promise<Managers> {
  const host = isEmulator ? '127.0.0.1' : MANAGER_ADDRESS;
  const { key, cert, caPem } = makeCertificates('ec', isEmulator ? undefined : [host]);
  const password = randomBytes(18).toString('base64url');
  const requestsCaBundle = caFile === undefined ? {} : { requestsCaBundle: await readFile(caFile, 'utf8') };
  const shared = { host, tls: { key, cert }, password, ...requestsCaBundle };
  const port = (of: keyof typeof PORTS) => (isEmulator ? 0 : PORTS[of]);
  const served: Served = {
    managers: [
      { ...shared, port: port('prod'), archive: { sizeBytes: 40_000_000 }, createSeconds: 5 },
      { ...shared, port: port('spare'), holds: 'nothing', restoreSeconds: isEmulator ? 3 : 60 },
    ],
    endsWithInput: isEmulator,
  };
  const program = join(folder, 'managers.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'serve-managers.ts')],
    ...{ outfile: program, bundle: true, platform: 'node', format: 'esm', target: 'node22', logLevel: 'error' },
    banner: { js: `import{createRequire as r}from'node:module';const require=r(import.meta.url);` },
  });
  const settings = join(folder, 'managers.json');
  await writeFile(settings, JSON.stringify(served), { mode: 0o600 });
  const urls = isEmulator
    ? await here(program, settings)
    : [PORTS.prod, PORTS.spare].map((at) => `https://${host}:${at}`);
  const secret = (url: string | undefined) => ({ endpoints: [url], username: 'admin', password, ca: caPem });
  return {
    secrets: { prod: secret(urls[0]), spare: secret(urls[1]) },
    files: { 'managers.mjs': program, 'managers.json': settings },
  };
}

/** The same program on this machine; it ends with this one. */
async function here(program: string, settings: string): Promise<string[]> {
  const child = spawn(process.execPath, [program, settings], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  child.unref();
  for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref(): void }).unref();
  return JSON.parse(line);
}
