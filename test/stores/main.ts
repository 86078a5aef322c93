import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InvalidConfiguration } from '../../lib/base/errors.ts';
import { trialKeysOf } from '../../lib/storage/layout.ts';
import { probeStore } from '../../lib/storage/probe.ts';
import { readResults, type StoreResult, writeResults } from '../../tools/store-matrix.ts';
import { NEEDED, NEEDED_OF_VERSIONS } from './needs.ts';
import { tryProduct } from './product.ts';
import { makeBucket, type Served, serve } from './serve.ts';
import { type ForeignStore, type Mode, STORES } from './stores.ts';

/**
 * `npm run test:stores -- [--ci] [NAME …]`: installs other people's stores, and tries all commands and the conformance suite
 * on each. Writes docs/reference/stores.md. With `--ci` only those that install in seconds, and nothing is written: it ends with 1
 * when one is not as docs/reference/stores.md says.
 */
async function tryAll(names: readonly string[], isCi: boolean): Promise<number> {
  const wanted = STORES.filter(({ name, inCi }) => (names.length === 0 ? !isCi || inCi : names.includes(name)));
  const known = readResults();
  // After each, so that one that does not start loses nothing of those before.
  const keep = (found: readonly StoreResult[]) => {
    const others = known.filter((one) => !found.some((now) => keyOf(now) === keyOf(one)));
    if (!isCi) writeResults([...others, ...found].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)));
  };
  const found: StoreResult[] = [];
  for (const store of wanted) {
    const commandOf = await store.prepare();
    if (commandOf === undefined) {
      say(`SKIPPED: ${store.name}, because Python, Maven, Go or Cargo is missing here`);
      continue;
    }
    for (const mode of store.modes) {
      const served = await serve(commandOf, mode);
      try {
        found.push(await tryStore(store, mode, served));
      } finally {
        await served.stop();
      }
      say(JSON.stringify(found.at(-1), null, 1));
      keep(found);
    }
  }
  const changed = found.filter((now) => verdictOf(now) !== verdictOf(known.find((one) => keyOf(one) === keyOf(now))));
  for (const now of isCi ? changed : []) say(`NOT AS DOCUMENTED: ${keyOf(now)}`);
  const failed = isCi ? changed.length : 0;
  say(`${found.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

const say = (line: string) => void process.stdout.write(`${line}\n`);

const keyOf = ({ store, mode }: StoreResult) => `${store} ${mode}`;

/** What it can do and how the commands ended. Not the day, nor the suite: on a busy machine some of it times out. */
function verdictOf(result: StoreResult | undefined): string {
  const { capabilities, refused, product } = result ?? {};
  return JSON.stringify([capabilities, refused, product]);
}

async function tryStore({ name, version }: ForeignStore, mode: Mode, { s3, url }: Served): Promise<StoreResult> {
  const about = { store: name, version, mode, date: new Date().toISOString().slice(0, 10) };
  await makeBucket(s3, 'probed', mode);
  const signal = new AbortController().signal;
  const trial = { keys: trialKeysOf('m1', 'test'), use: 'export', now: new Date(), signal } as const;
  const capabilities = await probeStore(s3, 'probed', trial).catch((error: unknown) => {
    if (error instanceof InvalidConfiguration) return error;
    throw error;
  });
  const conformance = await conformanceOf(url, s3, mode);
  if (capabilities instanceof InvalidConfiguration) {
    const { record, upload } = trial.keys;
    const refused = capabilities.message.replaceAll(record, 'KEY').replaceAll(upload, 'KEY');
    return { ...about, capabilities: null, refused, product: null, conformance };
  }
  await makeBucket(s3, 'product', mode);
  return { ...about, capabilities, product: await tryProduct(url, 'product'), conformance };
}

const run = promisify(execFile);

async function conformanceOf(url: string, s3: Served['s3'], mode: Mode): Promise<StoreResult['conformance']> {
  await makeBucket(s3, 'conformance', mode);
  const dir = await mkdtemp(join(tmpdir(), 'offsite-conformance-'));
  const file = join(dir, 'results.json');
  const env = { ...process.env, OFFSITE_STORE_URL: url, OFFSITE_STORE_BUCKET: 'conformance' };
  const parameters = ['run', '--config', 'vitest.stores.config.ts', '--reporter=json', `--outputFile=${file}`];
  // It ends with 1 when a behaviour is missing, which is what we want to hear.
  await run('vitest', parameters, { env }).catch(() => undefined);
  const { testResults } = JSON.parse(await readFile(file, 'utf8')) as {
    testResults: { assertionResults: { title: string; status: string }[] }[];
  };
  await rm(dir, { recursive: true });
  const all = testResults.flatMap(({ assertionResults }) => assertionResults);
  const needed = mode === 'versioned' ? [...NEEDED, ...NEEDED_OF_VERSIONS] : NEEDED;
  const missing = all.filter(({ title, status }) => status !== 'passed' && needed.includes(title));
  const passed = all.filter(({ status }) => status === 'passed').length;
  return { passed, total: all.length, missing: missing.map(({ title }) => title) };
}

const words = process.argv.slice(2);
process.exitCode = await tryAll(
  words.filter((word) => word !== '--ci'),
  words.includes('--ci'),
);
