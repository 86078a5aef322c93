import { Interrupted } from '../../../base/errors.ts';
import { type CopyDeps, copyArchive } from '../../../copy/copy-archive.ts';
import { retain } from '../../../retention/retain.ts';
import { ArchiveBucket } from '../../../storage/archive-bucket.ts';
import type { Bandwidth } from '../../../transfer/bandwidth.ts';
import { type Archives, withArchives } from '../../inputs/archives.ts';
import { ratesFrom } from '../../inputs/bandwidth.ts';
import { checkLock, checkStorage } from '../../preflight.ts';
import { ProgressDisplay } from '../../text/progress.ts';
import { tableText } from '../../text/table.ts';
import { EXIT, formatBytes, type Terminal } from '../../usage.ts';
import { type Chosen, type CopyGiven, checkChoice, chosen } from './chosen.ts';
import { checkNotOwn, checkTarget, openTarget } from './target.ts';

/** How one archive ended. */
interface Ended {
  readonly manager: string;
  readonly archive: string;
  readonly outcome: 'copied' | 'present' | 'failed';
  readonly size: number;
  readonly versionId: string | null;
  readonly error: string | null;
  readonly message: string | null;
}

/** `offsite copy`: archives in another folder or bucket. One that fails stops no other. */
export async function copyCommand(given: CopyGiven, terminal: Terminal): Promise<number> {
  checkChoice(given);
  await checkTarget(given);
  return await withArchives(given, terminal, 'read', async (archives) => {
    await checkNotOwn(given, archives);
    const wanted = await chosen(given, archives, terminal);
    const managers = [...new Set(wanted.map(({ manager }) => manager))];
    const { storage, rulesOf } = await openTarget(given, managers, terminal);
    try {
      const [first] = managers;
      if (first !== undefined) await checkStorage(storage, first, 'export', terminal);
      if (first !== undefined) await checkLock(storage, rulesOf(first), terminal);
      const signal = terminal.interrupt;
      const rates = await ratesFrom(given, terminal);
      const archive = new ArchiveBucket(storage.s3, storage.bucket, signal, storage.sealing, {
        ...{ pinsVersions: !storage.isFolder, near: storage.near },
        pace: rates.read,
      });
      const ended = await copyAll(wanted, { archives, bandwidth: rates.sent, target: { archive, rulesOf } }, terminal);
      terminal.out.write(
        given.json ? documentText(ended, archives.place, storage.place) : textOf(ended, storage.place),
      );
      const failed = ended.filter(({ outcome }) => outcome === 'failed');
      for (const { manager, archive: id, error, message } of failed)
        terminal.err.write(`offsite: ${manager}/${id}: ${error}: ${message}\n`);
      return failed.length > 0 ? EXIT.failed : EXIT.ok;
    } finally {
      await storage.close();
    }
  });
}

interface Around {
  readonly archives: Archives;
  readonly bandwidth: Bandwidth;
  readonly target: Pick<CopyDeps['target'], 'archive' | 'rulesOf'>;
}

async function copyAll(wanted: readonly Chosen[], around: Around, terminal: Terminal): Promise<Ended[]> {
  const { archives, bandwidth } = around;
  const { clock, interrupt: signal, err } = terminal;
  const display = new ProgressDisplay(terminal, () => clock.now().getTime());
  const warn = (message: string) => void err.write(`offsite: ${message}\n`);
  const target = {
    ...{ ...around.target, clock, signal },
    log: { info: () => undefined, warn, error: warn },
    metrics: { put: () => undefined },
  };
  const deps = (one: Chosen): CopyDeps => ({
    ...{ source: archives.archive, place: archives.place, target },
    bandwidth,
    onBytes: (kind, count) => display.bytes(kind, count),
    onPhase: (kind) => display.begin(kind === 'copied' ? `Copying ${one.snapshot}` : 'Reading it back', one.size),
  });
  const ended: Ended[] = [];
  try {
    for (const one of wanted) ended.push(await copyOne(one, deps(one)));
    await applyRules(ended, target);
  } finally {
    display.end();
  }
  return ended;
}

async function copyOne(one: Chosen, deps: CopyDeps): Promise<Ended> {
  const { manager, snapshot, size, refusal } = one;
  const known = { manager, archive: snapshot };
  const failed = ({ name, message }: { name: string; message: string }): Ended => ({
    ...known,
    ...{ outcome: 'failed', size, versionId: null, error: name, message },
  });
  if (refusal) return failed(refusal);
  try {
    return { ...known, ...(await copyArchive({ manager, snapshot }, deps)), error: null, message: null };
  } catch (error) {
    if (deps.target.signal.aborted)
      throw new Interrupted(
        `Interrupted while ${snapshot} of manager ${manager} was copied. Run it again: it continues.`,
      );
    return failed(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Tags, holds and index of the target, once for each manager: its rules see all of its archives at once. */
async function applyRules(ended: readonly Ended[], target: CopyDeps['target']): Promise<void> {
  const done = Map.groupBy(
    ended.filter(({ outcome }) => outcome !== 'failed'),
    ({ manager }) => manager,
  );
  for (const [manager, all] of done) await retain(manager, target, new Set(all.map(({ archive }) => archive)));
}

function documentText(archives: readonly Ended[], from: string, to: string): string {
  const bad = archives.filter(({ outcome }) => outcome === 'failed');
  const error = bad.length === 0 ? null : bad.length === 1 ? (bad[0]?.error ?? null) : 'CopiesFailed';
  const outcome = bad.length === 0 ? 'succeeded' : 'failed';
  return `${JSON.stringify({ outcome, error, message: messageOf(archives, to), from, to, archives }, null, 2)}\n`;
}

function messageOf(archives: readonly Ended[], to: string): string {
  const count = (wanted: Ended['outcome']) => archives.filter(({ outcome }) => outcome === wanted).length;
  if (archives.length === 0) return 'There are no such archives.';
  return `${to}: ${count('copied')} copied and verified, ${count('present')} already there, ${count('failed')} not copied.`;
}

const HEADS = ['MANAGER', 'ARCHIVE', 'SIZE', 'RESULT'];

function textOf(ended: readonly Ended[], to: string): string {
  const rows = ended.map(({ manager, archive, size, outcome, error }) => [
    ...[manager, archive, formatBytes(size)],
    outcome === 'failed' ? (error ?? outcome) : outcome === 'present' ? 'already there' : 'copied',
  ]);
  return `${rows.length > 0 ? tableText(HEADS, rows) : ''}${messageOf(ended, to)}\n`;
}
