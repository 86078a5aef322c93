import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

async function sources(...folders: string[]): Promise<{ file: string; text: string }[]> {
  const found: { file: string; text: string }[] = [];
  for (const folder of folders) {
    for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      if (entry.isFile() && /\.(ts|json)$/.test(entry.name)) found.push({ file, text: await readFile(file, 'utf8') });
    }
  }
  return found.map(({ file, text }) => ({ file: file.slice(root.length), text }));
}

/** What a file imports, as written. */
function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

const PRODUCT = [
  'functions',
  'lib/config',
  'lib/manager',
  'lib/archive',
  'lib/restore',
  'lib/verify',
  'lib/reconcile',
  'lib/catalogue',
  'lib/retention',
];

test('the product knows neither its infrastructure nor its doubles', async () => {
  const product = await sources(...PRODUCT);
  const top = (await sources('lib')).filter(({ file }) => /^lib\/[^/]+$/.test(file));
  expect(product.length).toBeGreaterThan(30);
  for (const { file, text } of [...product, ...top]) {
    for (const name of importsOf(text)) expect(name, file).not.toMatch(/aws-cdk-lib|(^|\/)(local|cli|cdk|test)\//);
  }
});

test('infrastructure knows the table of steps and the configuration, and nothing of the runtime', async () => {
  for (const { file, text } of await sources('lib/cdk')) {
    const ours = importsOf(text).filter((name) => name.startsWith('.'));
    for (const name of ours) {
      expect(name, file).toMatch(/^\.\/|^\.\.\/(config\/.*|contracts|steps|step-spec|errors|metric-names)\.ts$/);
    }
  }
});

test('the environment is read in one place', async () => {
  const readers = (await sources('functions', 'lib', 'bin')).filter(({ text }) => text.includes('process.env'));
  expect(readers.map(({ file }) => file)).toEqual(['lib/runtime.ts']);
});

test('steps look at no wall clock and wait for nothing by themselves', async () => {
  for (const { file, text } of await sources(...PRODUCT)) {
    expect(text, file).not.toMatch(/Date\.now\(|new Date\(\)|setTimeout|setInterval/);
  }
});

/** Everything that a file brings with it, packages by name, our own files from the root. */
async function reachableFrom(file: string, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (!file.endsWith('.ts')) return seen;
  for (const name of importsOf(await readFile(join(root, file), 'utf8'))) {
    await reachableFrom(name.startsWith('.') ? join(dirname(file), name) : name, seen);
  }
  return seen;
}

test('the step table, which infrastructure reads, brings no client and no step with it', async () => {
  const brought = [...(await reachableFrom('lib/steps.ts'))].sort();
  expect(brought).toEqual([
    'lib/contract-parts.ts',
    'lib/contracts.ts',
    'lib/names.ts',
    'lib/reconcile/parts.ts',
    'lib/reconcile/steps.ts',
    'lib/restore/contracts.ts',
    'lib/restore/input.ts',
    'lib/restore/parts.ts',
    'lib/restore/steps.ts',
    'lib/step-spec.ts',
    'lib/steps.ts',
    'lib/verify/contracts.ts',
    'lib/verify/input.ts',
    'lib/verify/parts.ts',
    'lib/verify/steps.ts',
    'node:crypto',
    'zod',
  ]);
});

/** What is loaded before any command is: neither what is imported for its types, nor what a command imports by itself. */
async function loadedAtOnce(file: string, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (!file.endsWith('.ts')) return seen;
  const text = await readFile(join(root, file), 'utf8');
  for (const [, name = ''] of text.matchAll(/^(?:import|export)(?! type)[^;]*? from '([^']+)';/gm)) {
    await loadedAtOnce(name.startsWith('.') ? join(dirname(file), name) : name, seen);
  }
  return seen;
}

test('offsite --help loads our own texts alone: no package, no schema, no command', async () => {
  const loaded = [...(await loadedAtOnce('bin/offsite.ts'))].filter((name) => !name.startsWith('node:'));
  expect(loaded).toContain('lib/cli/help.ts');
  expect(loaded.filter((name) => !name.endsWith('.ts') || /-command\.ts$|contracts/.test(name))).toEqual([]);
});
