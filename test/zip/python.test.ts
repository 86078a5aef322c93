import { beforeAll, expect, test } from 'vitest';
import { openDirectory } from '../../lib/zip/directory.ts';
import { verifySpan } from '../../lib/zip/verify-span.ts';
import { SpanPlanner } from '../../lib/zip/verify-spans.ts';
import { MemorySource } from '../support/memory-source.ts';
import { ODD_STRUCTURES, oddNames } from '../support/odd-zips.ts';
import { type Extraction, extractAll, findPythons, MANAGER_PYTHONS, type PythonVersion } from '../support/pythons.ts';
import { seeded } from '../support/seeded.ts';
import { bytesChanged, fieldsChanged } from '../support/zip-mutations.ts';

/** What a manager's Python must extract: hex of each path to the CRC-32 of the file, or to -1 for a folder. */
type Tree = Record<string, number>;

let pythons: Map<PythonVersion, string>;
/** What each Python makes of the odd structures, in their order. */
const extracted = new Map<PythonVersion, Extraction[]>();
beforeAll(async () => {
  pythons = await findPythons();
  const archives = ODD_STRUCTURES.map(({ bytes }) => bytes());
  for (const [version, python] of pythons) extracted.set(version, await extractAll(python, archives));
  const missing = MANAGER_PYTHONS.filter((version) => !pythons.has(version));
  if (missing.length === 0) return;
  process.stderr.write(`Python ${missing.join(', ')} not found: only recorded verdicts stand in for it.\n`);
});

/** What the product reads of an archive that it verifies whole, as Python 2 and as Python 3 name the paths; else undefined. */
async function accepted(bytes: Buffer): Promise<Record<'2' | '3', Tree> | undefined> {
  const source = new MemorySource(bytes);
  try {
    const directory = await openDirectory(source, 'a.zip', {});
    const trees: Record<'2' | '3', Tree> = { 2: {}, 3: {} };
    const planner = new SpanPlanner('a.zip', directory.directoryOffset);
    for await (const member of directory.members()) {
      planner.add(member);
      const crc = member.name.endsWith('/') ? -1 : member.crc32;
      add(trees[3], Buffer.from(member.name), crc);
      add(trees[2], member.flags & 0x800 ? Buffer.from(member.name) : member.nameBytes, crc);
    }
    for (const span of planner.finish()) await verifySpan(source, 'a.zip', span);
    return trees;
  } catch (error) {
    expect(error).toMatchObject({ name: expect.stringMatching(NAMED) });
    return undefined;
  }
}

const NAMED =
  /^(ArchiveEmpty|ArchiveTruncated|ArchiveTooLarge|ArchiveUnsupported|MemberCorrupt|NotAnArchive|VerificationIncomplete)$/;

/** The path, and every folder on the way to it. */
function add(tree: Tree, path: Buffer, crc: number): void {
  for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
    tree[path.subarray(0, at).toString('hex')] = -1;
  }
  if (crc !== -1) tree[path.toString('hex')] = crc;
}

interface Case {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Fails for every archive that is accepted, and that a Python of managers cannot extract, or extracts otherwise. */
async function neverWrong(cases: readonly Case[]): Promise<{ accepted: number; refused: number }> {
  const ours = [];
  for (const { bytes } of cases) ours.push(await accepted(bytes));
  const wrong: string[] = [];
  for (const [version, python] of pythons) {
    const theirs = await extractAll(
      python,
      cases.map(({ bytes }) => bytes),
    );
    for (const [index, found] of theirs.entries()) {
      const expected = ours[index]?.[version.startsWith('2') ? '2' : '3'];
      if (expected === undefined) continue;
      const same = 'tree' in found && JSON.stringify(sorted(found.tree)) === JSON.stringify(sorted(expected));
      if (!same)
        wrong.push(`${cases[index]?.name} on ${version}: ${JSON.stringify(found)} for ${JSON.stringify(expected)}`);
    }
  }
  expect(wrong).toEqual([]);
  const count = ours.filter((tree) => tree !== undefined).length;
  return { accepted: count, refused: cases.length - count };
}

const sorted = (tree: Tree) => Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : 1));

test.each(ODD_STRUCTURES.map((odd, index) => ({ ...odd, index })))('$name: $ours', async (odd) => {
  expect((await accepted(odd.bytes())) ? 'accepted' : 'refused').toBe(odd.ours);
  // What is accepted here, every one of them extracts.
  if (odd.ours === 'accepted') expect(odd.pythons).toEqual([]);
  for (const [version, results] of extracted) {
    const found = results[odd.index];
    expect([version, found && 'error' in found], JSON.stringify(found)).toEqual([
      version,
      odd.pythons.includes(version),
    ]);
  }
});

test('names of every kind: what is accepted, every Python of managers extracts as that', {
  timeout: 300_000,
}, async () => {
  const cases = [...seeded(600)].map((random, index) => ({ name: `names ${index + 1}`, bytes: oddNames(random) }));
  const { accepted: good, refused } = await neverWrong(cases);
  // A generator that makes one kind only would prove nothing.
  expect(Math.min(good, refused)).toBeGreaterThan(100);
});

test('fields changed one by one: what is accepted, every Python reads so', { timeout: 300_000 }, async () => {
  const { accepted: good, refused } = await neverWrong(fieldsChanged());
  expect(good).toBeGreaterThan(20);
  expect(refused).toBeGreaterThan(200);
});

test('bytes changed, cut out, put in: what is accepted, every Python reads so', { timeout: 300_000 }, async () => {
  const { refused } = await neverWrong([...seeded(900)].map((random, index) => bytesChanged(random, index + 1)));
  expect(refused).toBeGreaterThan(500);
});
