import { execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pemSigner } from '../lib/signing/signer.ts';
import { makeArchive } from '../simulator/archive/make-archive.ts';
import { delayed } from './delayed.ts';
import { nodeEnvironment, nodeFlags } from './first-line.ts';
import { growFolder } from './growth-folder.ts';
import { besideArchives, type GrownStore } from './lambda/beside-archives.ts';
import { whyNoLimits } from './lambda/cgroup.ts';
import { type Measured, measure, median } from './measure.ts';

/**
 * `node bench/growth.ts [--sizes 100,1000,10000,300x33] [--in folder,store] [--commands list,export]
 * [--latency MS] [--rounds N]`: what commands cost
 * beside so many archives of one manager, or beside those of 300 managers: seconds, CPU seconds and peak
 * resident memory, medians of the rounds. With a latency each reply of the store comes so much later.
 *
 * `node bench/growth.ts --as-lambda [--sizes …] [--rounds N]`: the same of the steps as functions run them.
 */
const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '100,1000,10000,300x33' },
    in: { type: 'string', default: 'folder,store' },
    commands: { type: 'string' },
    latency: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '1' },
    'as-lambda': { type: 'boolean', default: false },
  },
});
/** What `npm run build` makes, as people install it. From the sources each process takes 40 MB more, those of Node's own compiler. */
const bin = fileURLToPath(new URL('../dist/cli/offsite.mjs', import.meta.url));
execFileSync(process.execPath, [fileURLToPath(new URL('../tools/package/build.ts', import.meta.url))]);
const node = `${process.execPath} ${nodeFlags.join(' ')}`;
const home = await mkdtemp(join(tmpdir(), 'offsite-growth-'));
const env: Record<string, string> = { XDG_STATE_HOME: home, ...nodeEnvironment };
const servers: ReturnType<typeof spawn>[] = [];

/** Starts a server of ours, takes over the keys that it prints, and gives its address. */
async function serve(args: string): Promise<string> {
  const server = spawn(process.execPath, [bin, ...args.split(' ')], { stdio: ['ignore', 'pipe', 'inherit'] });
  servers.push(server);
  return await new Promise((resolve, reject) => {
    server.stdout.on('data', (text: Buffer) => {
      for (const [, name = '', value = ''] of text.toString().matchAll(/^(AWS_\w+)=(.*)$/gm)) env[name] = value;
      const url = /https?:\/\/[\d.:]+/.exec(text.toString())?.[0];
      if (url) resolve(url);
    });
    server.on('exit', (code) => reject(new Error(`${args} ended with ${code}`)));
  });
}

function commands(manager: string, url: string, from: string, to: string): Record<string, string> {
  const login = `--manager-url ${url} --username admin --password-file ${home}/password`;
  return {
    list: `list --local ${from}`,
    'list --last 3': `list --local ${from} --last 3`,
    'list --last 100': `list --local ${from} --last 100`,
    show: `show latest --local --manager ${manager} ${from}`,
    status: `status --local ${from}`,
    'retention plan': `retention plan --local --manager ${manager} ${from}`,
    'retention plan --nightly': `retention plan --local --manager ${manager} ${from} --at 2028-01-01 --nightly`,
    reconcile: `reconcile --local --manager ${manager} ${login} ${from}`,
    export: `export --local --manager ${manager} ${login} ${to}`,
  };
}

async function measureIn(place: 'folder' | 'store', size: string, dir: string, manager: string, url: string) {
  const store =
    place === 'store'
      ? `--s3-endpoint ${await delayed(await serve(`local-s3 --dir ${dir}`), Number(values.latency))} --bucket offsite`
      : undefined;
  const rows = commands(manager, url, store ?? `--from ${dir}`, store ?? `--to ${dir}`);
  for (const [name, args] of Object.entries(rows)) {
    if (values.commands !== undefined && !values.commands.split(',').includes(name)) continue;
    // 1: there is something to tell, or it failed; what is not told by a name ends with more.
    const command = `${node} ${bin} ${args}; [ $? -le 1 ]`;
    const rounds: Measured[] = [];
    const failures: string[] = [];
    for (let round = 0; round < Number(values.rounds); round++)
      await measure(command, env).then(
        (measured) => rounds.push(measured),
        (error: Error) => failures.push(error.message.split('\n').slice(1, 3).join(' ')),
      );
    const of = (field: keyof Measured) => median(rounds.map((one) => one[field] ?? 0));
    const result =
      failures[0] ??
      `${of('seconds').toFixed(1)} s, ${of('cpuSeconds').toFixed(1)} CPU s, ${(of('peakRss') / 1e6).toFixed(0)} MB`;
    process.stdout.write(`${size} in a ${place}: ${name}: ${result}\n`);
  }
  if (store !== undefined) servers.pop()?.kill();
}

async function measureSteps(size: string, grown: Omit<GrownStore, 'rounds'>): Promise<void> {
  const lines = await besideArchives({ ...grown, rounds: Number(values.rounds) });
  for (const line of lines) process.stdout.write(`${size} as functions: ${line}\n`);
}

const places = values['as-lambda'] ? (['functions'] as const) : (values.in.split(',') as ('folder' | 'store')[]);
const why = values['as-lambda'] ? whyNoLimits() : undefined;
if (why) process.stdout.write(`${why} So the steps run without limits.\n`);

try {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  env['OFFSITE_SIGNING_KEY'] = join(home, 'key.pem');
  await writeFile(join(home, 'key.pem'), pem, { mode: 0o600 });
  await writeFile(join(home, 'password'), 'admin');
  const archive = makeArchive({ sizeBytes: 1 });
  const bytes = Buffer.concat([...archive.chunks(0, archive.size)]);
  const small = { bytes, crc32: archive.crc32, members: archive.members.length };
  const url = await serve('simulate-manager --create-seconds 0 --size 1MiB');
  for (const size of values.sizes.split(',')) {
    const [count = 1, each] = size.split('x').map(Number);
    const managers = each === undefined ? ['m1'] : Array.from({ length: count }, (_, i) => `m${i + 1}`);
    for (const place of places) {
      const dir = join(home, size);
      await growFolder(dir, small, { managers, archives: each ?? count, now: new Date() }, pemSigner(pem, 'key'));
      if (place === 'functions') await measureSteps(size, { dir, manager: 'm1', url, pem });
      else await measureIn(place, size, dir, 'm1', url);
      await rm(dir, { recursive: true });
    }
  }
} finally {
  for (const server of servers) server.kill();
  await rm(home, { recursive: true, force: true });
}
