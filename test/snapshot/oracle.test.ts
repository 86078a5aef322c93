import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { inspectArchive } from '../../lib/snapshot/inspect.ts';
import { editContent, membersOf, partsOf } from '../support/content-edits.ts';
import { MemorySource } from '../support/memory-source.ts';
import { seeded } from '../support/seeded.ts';
import { writeZip } from '../support/zip.ts';

/** Random edits: some 15 s. `ORACLE_CASES=2000` looks at more. */
const CASES = Number(process.env['ORACLE_CASES'] ?? 150);

const ARCHIVES = [
  'manager-5.1.0.zip',
  'legacy-7.1.0.dev1-three-revisions.zip',
  'new-format-7.1.0.dev1-two-tenants.zip',
  'new-format-7.1.0.dev1-two-tenants.zip',
].map((name) => readFileSync(new URL(`../fixtures/snapshots/${name}`, import.meta.url)));

interface Counts {
  readonly totals: Readonly<Record<string, number>>;
  readonly tenants: Readonly<Record<string, Readonly<Record<string, number>>>>;
}
type Verdict = Counts | { readonly error: string };

/** Without types that there are none of. */
const some = (counts: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));

async function ours(zip: Buffer): Promise<Verdict> {
  try {
    const { totals, tenants } = (await inspectArchive(new MemorySource(zip), 'archive.zip')).inventory;
    return { totals: some(totals), tenants };
  } catch (error) {
    if (!(error instanceof Error) || !/^(?:Member|Archive)/.test(error.name)) throw error;
    return { error: `${error.name}: ${error.message}` };
  }
}

/** One Python for all archives; `undefined` where there is none. */
async function oracle(zips: readonly Buffer[]): Promise<Verdict[] | undefined> {
  const script = join(import.meta.dirname, '../support/restore-oracle.py');
  const python = spawn('python3', [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  const spawned = await new Promise<boolean>((resolve) => {
    python.once('spawn', () => resolve(true));
    python.once('error', () => resolve(false));
  });
  if (!spawned) return undefined;
  for (const zip of zips) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(zip.length));
    python.stdin.write(length);
    python.stdin.write(zip);
  }
  python.stdin.end();
  const pieces: Buffer[] = [];
  for await (const piece of python.stdout) pieces.push(piece as Buffer);
  return Buffer.concat(pieces)
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function edited(): Buffer[] {
  return [...seeded(CASES)].map((random, index) => {
    const parts = partsOf(ARCHIVES[index % ARCHIVES.length] as Buffer);
    editContent(parts, random);
    return writeZip(membersOf(parts));
  });
}

test('what is accepted of an archive edited at random is what a manager restores of it', { timeout: 600_000 }, async ({
  skip,
}) => {
  const zips = [...ARCHIVES, ...edited()];
  const expected = await oracle(zips);
  if (!expected) return skip('There is no python3 to ask: the archives are not compared with what Python reads.');
  const differences: unknown[] = [];
  const tally = { accepted: 0, bothRefuse: 0, weAlone: 0 };
  for (const [index, zip] of zips.entries()) {
    const verdict = await ours(zip);
    const other = expected[index];
    if ('error' in verdict) tally[other && 'error' in other ? 'bothRefuse' : 'weAlone']++;
    else {
      tally.accepted++;
      const theirs = other && 'totals' in other ? { totals: some(other.totals), tenants: other.tenants } : other;
      if (!isDeepStrictEqual(verdict, theirs)) differences.push({ seed: index - ARCHIVES.length + 1, verdict, theirs });
    }
  }
  expect(differences).toEqual([]);
  // The edits must leave archives of each kind, or nothing is compared.
  expect(tally.accepted).toBeGreaterThan(CASES / 10);
  expect(tally.bothRefuse).toBeGreaterThan(CASES / 10);
});
