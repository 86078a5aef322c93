import { chmod, mkdir, mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundlePrograms } from './bundle.ts';
import { chartOf } from './chart.ts';
import { copiers, type Missing, verifiers } from './contenders.ts';
import { copyFiles } from './copy-files.ts';
import { writeDeflatedArchive } from './deflated-archive.ts';
import { asLambda } from './lambda/main.ts';
import { measure } from './measure.ts';
import { interleaved, type Result } from './rounds.ts';
import { start, startNginx, stopAll } from './serve.ts';
import { startUp } from './start-up.ts';
import { copyTargets, flatness, type Target, tableOf, targetTable, verifyTargets } from './table.ts';
import { findTool } from './tools.ts';
import { wastedBytes } from './wasted.ts';

const GiB = 1024 ** 3;
const here = fileURLToPath(new URL('.', import.meta.url));
const USAGE = `npm run bench -- [flags]

  --sizes 1,8          GiB of the archives that are copied
  --rounds 5           how often each is measured, or one number for each size
  --verify 1           GiB of the archive that is verified
  --only LIST          of copy, verify, wasted, start
  --as-lambda          in the limits of functions (control groups), over TLS, behind lines of some length
  --latency 1,20,80    round trips in ms, with --as-lambda
  --memory 256,1769    MB of functions in which ours is measured as well, with --as-lambda
  --out FOLDER         for results.json and results.svg; made if it is not there
  --help
`;
const { values: flags } = parseArgs({
  options: {
    'as-lambda': { type: 'boolean', default: false },
    latency: { type: 'string', default: '1,20,80' },
    memory: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
    sizes: { type: 'string', default: '1,8' },
    rounds: { type: 'string', default: '5' },
    verify: { type: 'string', default: '1' },
    only: { type: 'string', default: 'copy,verify,wasted,start' },
    out: { type: 'string', default: here },
  },
});
if (flags.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const numbers = (list: string): number[] => list.split(',').filter(Boolean).map(Number);
await mkdir(flags.out, { recursive: true });
const parts = new Set(flags.only.split(','));
/** One number for all, or one for each size: rounds of 8 GiB take minutes. */
const rounds = numbers(flags.rounds);
const dir = await mkdtemp(join(tmpdir(), 'offsite-bench-'));
// nginx's worker is somebody else.
await chmod(dir, 0o755);
const files = join(dir, 'files');
await mkdir(join(files, 'bench'), { recursive: true });

const targets: Target[] = [];
const missing: Missing[] = [];
const show = (title: string, lines: readonly string[]) => {
  if (lines.length > 0) process.stdout.write(`\n${title}\n\n${lines.join('\n')}\n`);
};

try {
  await bundlePrograms(dir, ['copy-spans.ts', 'lib-storage.ts', 'verify-spans.ts']);
  if (flags['as-lambda']) await inLimits();
  else await onTheMachine();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  stopAll();
  await rm(dir, { recursive: true, force: true });
}

async function inLimits(): Promise<void> {
  const found = await asLambda({
    dir,
    files,
    bytes: Number(flags.sizes.split(',')[0]) * GiB,
    verified: Number(flags.verify) * GiB,
    rounds: rounds[0] ?? 5,
    latencies: numbers(flags.latency),
    memories: numbers(flags.memory),
    show,
  });
  show('Targets', targetTable(found.targets));
  showMissing(found.missing);
  await writeFile(join(flags.out, 'lambda.json'), `${JSON.stringify({ machine: machine(), ...found }, null, 1)}\n`);
}

async function onTheMachine(): Promise<void> {
  const nginx = findTool('nginx', '-v');
  const origin = nginx ? await startNginx(nginx, files, dir) : await start('own-origin.ts', files);
  const sink = await start('sink.ts');
  const copied: Result[][] = [];
  if (parts.has('copy')) {
    show('Ceiling of the discarding S3 endpoint', [await ceiling(sink)]);
    const sizes = flags.sizes.split(',').map((text) => Number(text) * GiB);
    for (const [i, size] of sizes.entries()) copied.push(await copy(origin, sink, size, rounds[i] ?? rounds[0] ?? 5));
    targets.push(...copied.flatMap(copyTargets), ...flatness(copied));
  }
  const verified = parts.has('verify') ? await verify(origin, Number(flags.verify) * GiB) : [];
  targets.push(...verifyTargets(verified));
  const wasted = parts.has('wasted') ? await wastedBytes() : [];
  targets.push(...wasted);
  const begun = parts.has('start') ? await startUp() : undefined;
  targets.push(...(begun?.targets ?? []));
  const sizes = begun?.sizes.map(([name, bytes]) => `${name}: ${(bytes / 1000).toFixed(0)} KB`) ?? [];
  show('Functions, bundled', sizes);
  show('Targets', targetTable(targets));
  showMissing(missing);
  const json = { machine: machine(), origin: nginx?.version ?? 'own', copied, verified, targets, begun, missing };
  await writeFile(join(flags.out, 'results.json'), `${JSON.stringify(json, null, 1)}\n`);
  const largest = copied.at(-1) ?? [];
  const title = `Archive of ${(largest[0]?.bytes ?? 0) / GiB} GiB, ${cpus().length} cores, medians of ${flags.rounds} rounds`;
  await writeFile(join(flags.out, 'results.svg'), chartOf(largest, verified, title));
}

function showMissing(all: readonly Missing[]): void {
  const lines = all.map(({ name, needs }) => `${name} (needs ${needs})`);
  show('Not measured, because it is not installed', lines);
}

function machine() {
  return {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memory: totalmem(),
    node: process.version,
    rounds: flags.rounds,
    /** Of the last minute, what was measured included. */
    load: loadavg()[0],
  };
}

async function copy(origin: string, sink: string, bytes: number, times: number): Promise<Result[]> {
  const awsConfig = await copyFiles(dir, files, bytes);
  const world = copiers({ programs: dir, origin, sink, bytes, awsConfig });
  missing.push(...world.missing.filter(({ name }) => !missing.some((one) => one.name === name)));
  const results = await interleaved(world.contenders, bytes, times);
  show(`Copy of ${(bytes / GiB).toFixed(0)} GiB`, tableOf(results));
  return results;
}

async function verify(origin: string, bytes: number): Promise<Result[]> {
  const file = join(files, 'bench', 'deflated.zip');
  const { inflated } = await writeDeflatedArchive(file, bytes);
  const { size: stored } = await stat(file);
  const world = verifiers({ programs: dir, origin, file, stored });
  missing.push(...world.missing);
  const results = await interleaved(world.contenders, stored, rounds[0] ?? 5);
  show(
    `Verification of ${(stored / GiB).toFixed(2)} GiB (${(inflated / GiB).toFixed(2)} GiB inflated)`,
    tableOf(results),
  );
  return results;
}

/** What one connection can put into it: as fast as `curl` reads a file from memory. */
async function ceiling(sink: string): Promise<string> {
  const file = join(files, 'bench', 'zeros');
  await writeFile(file, '');
  await truncate(file, 2 * GiB);
  if (!findTool('curl')) return 'not measured: curl is not installed';
  await measure(`curl -sf -T ${file} ${sink}/bench/ceiling`);
  const { seconds } = await measure(`curl -sf -T ${file} ${sink}/bench/ceiling`);
  return `${((2 * GiB) / 1e6 / seconds).toFixed(0)} MB/s (curl -T, one connection)`;
}
