import type { Installation } from './installation.ts';

/** What was seen of one promise. */
export interface Checked {
  readonly check: string;
  readonly outcome: 'ok' | 'failed' | 'not checked';
  readonly seconds: number;
  readonly found: string;
}

/** What a check works with. */
export interface Bench extends Installation {
  readonly signal: AbortSignal;
  /** Milliseconds that what AWS does by itself may take. */
  readonly patience: number;
  /** What earlier checks have left. */
  readonly left: { archive?: Archive };
}

export interface Archive {
  readonly key: string;
  readonly versionId: string;
  readonly manifest: string;
}

export interface Check {
  readonly name: string;
  /** Why the emulator cannot show it. */
  readonly notEmulated?: string;
  /** One that makes no sense unless the first backup has succeeded. */
  readonly needsArchive?: true;
  /** What was found. Throws with what is wrong. */
  readonly look: (bench: Bench) => Promise<string>;
}

/** One after another; one that fails stops no other. */
export async function runChecks(
  checks: readonly Check[],
  bench: Bench,
  tell: (checked: Checked) => void,
): Promise<Checked[]> {
  const all: Checked[] = [];
  for (const check of checks) {
    bench.signal.throwIfAborted();
    const begun = Date.now();
    const seen = await outcomeOf(check, bench);
    const checked = { check: check.name, ...seen, seconds: Math.round((Date.now() - begun) / 1000) };
    tell(checked);
    all.push(checked);
  }
  return all;
}

async function outcomeOf(
  { look, notEmulated, needsArchive }: Check,
  bench: Bench,
): Promise<Pick<Checked, 'outcome' | 'found'>> {
  if (bench.account.isEmulator && notEmulated !== undefined) return { outcome: 'not checked', found: notEmulated };
  if (needsArchive && bench.left.archive === undefined)
    return { outcome: 'not checked', found: 'there is no archive to look at' };
  try {
    return { outcome: 'ok', found: await look(bench) };
  } catch (error) {
    bench.signal.throwIfAborted();
    return { outcome: 'failed', found: error instanceof Error ? error.message : String(error) };
  }
}

export function must(isSo: boolean, otherwise: string): asserts isSo {
  if (!isSo) throw new Error(otherwise);
}

/** Of the archive that the first backup has stored. */
export function archiveOf({ left }: Bench): Archive {
  must(left.archive !== undefined, 'there is no archive');
  return left.archive;
}
