import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { World } from '../support/world.ts';

/** Archives that are wrong in one way, or odd and right, and what becomes of them; nobody of us wrote down the answers. */
interface Expected {
  readonly files?: readonly string[];
  /** The version of the manager that serves the archive; the newest unless told. */
  readonly version?: string;
  /** What is counted when the archive is accepted. */
  readonly totals?: Readonly<Record<string, number>>;
  /** Errors by which it may be refused instead. */
  readonly refuse?: readonly string[];
}

const FOLDER = new URL('../fixtures/cases/', import.meta.url);
const EXPECTED: Readonly<Record<string, Expected>> = JSON.parse(readFileSync(new URL('expected.json', FOLDER), 'utf8'));

let world: World;
afterEach(async () => await world.stop());

const FILES = Object.entries(EXPECTED).flatMap(([name, expected]) =>
  (expected.files ?? ['snapshot.zip']).map((file) => [`${name}/${file}`, expected] as const),
);

test.each(FILES)('%s is exported with its totals, or refused by name', async (path, { version, totals, refuse }) => {
  const file = new URL(path, FOLDER).pathname;
  world = await World.start({ manager: { archive: { file }, holds: 'nothing', ...(version && { version }) } });
  const { outcome } = await world.run();
  const manifests = await world.manifests();
  if (outcome.status === 'SUCCEEDED') {
    expect(totals, 'this archive is not to be accepted').toBeDefined();
    expect(manifests[0]?.inventory.totals).toMatchObject(totals ?? {});
  } else {
    expect(refuse).toContain(outcome.error);
    expect(outcome.cause).toContain('offsite-');
    expect(manifests).toEqual([]);
  }
});
