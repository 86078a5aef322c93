import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificates } from '../../simulator/manager/certificate.ts';
import type { Missing } from '../contenders.ts';
import { copyFiles } from '../copy-files.ts';
import { writeDeflatedArchive } from '../deflated-archive.ts';
import { interleaved, type Result } from '../rounds.ts';
import { start, startNginx, type TlsFiles } from '../serve.ts';
import type { Target } from '../table.ts';
import { findTool } from '../tools.ts';
import { whyNoLimits } from './cgroup.ts';
import { type Ends, lambdaCopiers, lambdaVerifiers } from './contenders.ts';
import { buildFloor } from './floor.ts';
import { lambdaTable, lambdaTargets } from './table.ts';

export interface AsLambda {
  readonly dir: string;
  readonly files: string;
  readonly bytes: number;
  /** Bytes of the archive that is verified. */
  readonly verified: number;
  readonly rounds: number;
  /** Round trips in ms. */
  readonly latencies: readonly number[];
  /** MB of functions in whose limits ours runs as well, without a delay. */
  readonly memories: readonly number[];
  readonly show: (title: string, lines: readonly string[]) => void;
}

export interface AsLambdaResults {
  readonly copies: { readonly latency: number; readonly results: readonly Result[] }[];
  readonly byMemory: readonly Result[];
  readonly verified: readonly Result[];
  readonly targets: readonly Target[];
  readonly missing: readonly Missing[];
}

/** The bench in the limits of functions, over TLS, on lines of some length. Throws where there are no control groups. */
export async function asLambda(world: AsLambda): Promise<AsLambdaResults> {
  const { dir, files, bytes, rounds, latencies, show } = world;
  const why = whyNoLimits();
  if (why) throw new Error(`--as-lambda needs limits. ${why} Without --as-lambda the bench runs anywhere.`);
  const tls = await certificates(dir);
  const nginx = findTool('nginx', '-v');
  const origin = nginx
    ? await startNginx(nginx, files, dir, tls)
    : await start('own-origin.ts', files, tls.key, tls.cert);
  const sink = await start('sink.ts', tls.key, tls.cert);
  const awsConfig = await copyFiles(dir, files, bytes);
  const direct: Ends = { programs: dir, origin, sink, ca: tls.ca, bytes, awsConfig, floor: buildFloor(dir) };
  const copies = [];
  let missing: Missing[] = [];
  for (const latency of latencies) {
    const ends = { ...direct, origin: await behind(origin, latency), sink: await behind(sink, latency) };
    const copiers = lambdaCopiers(ends);
    missing = copiers.missing;
    const results = await interleaved(copiers.contenders, bytes, rounds);
    show(`Copy of ${bytes / 2 ** 30} GiB in a function's limits, TLS, ${latency} ms`, lambdaTable(results));
    copies.push({ latency, results });
  }
  const byMemory = await inOtherMemories(direct, world);
  const verified = await verify(direct, world);
  return {
    copies,
    byMemory,
    verified: verified.results,
    targets: lambdaTargets(copies, verified.results),
    missing: [...missing, ...verified.missing],
  };
}

/** What more memory, and with it more of a CPU, costs or saves: the model of sizes (scale-model.ts) assumes the share alone. */
async function inOtherMemories(ends: Ends, { bytes, rounds, memories, show }: AsLambda): Promise<Result[]> {
  const [ours] = lambdaCopiers(ends).contenders;
  if (!ours || memories.length === 0) return [];
  const all = memories.map((memoryMB) => ({ ...ours, memoryMB, name: `${ours.name} of ${memoryMB} MB` }));
  const results = await interleaved(all, bytes, rounds);
  show(`Copy of ${bytes / 2 ** 30} GiB by functions of other sizes`, lambdaTable(results));
  return results;
}

async function verify(ends: Ends, { files, verified: bytes, rounds, show }: AsLambda) {
  const file = join(files, 'bench', 'deflated.zip');
  await writeDeflatedArchive(file, bytes);
  const { size } = await stat(file);
  const { contenders, missing } = lambdaVerifiers(ends, file, size);
  const results = await interleaved(contenders, size, rounds);
  show(`Verification of ${(size / 2 ** 30).toFixed(2)} GiB in a function's limits`, lambdaTable(results));
  return { results, missing };
}

async function certificates(dir: string): Promise<TlsFiles> {
  const { key, cert, caPem } = makeCertificates();
  const folder = join(dir, 'tls');
  await mkdir(folder);
  const files = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem'), ca: join(folder, 'ca.pem') };
  await Promise.all([writeFile(files.key, key), writeFile(files.cert, cert), writeFile(files.ca, caPem)]);
  return files;
}

/** The same server, so far away. */
async function behind(url: string, latency: number): Promise<string> {
  const { port } = new URL(url);
  return `https://127.0.0.1:${await start('lambda/delay.ts', port, String(latency))}`;
}
