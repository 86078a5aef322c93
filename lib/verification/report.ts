import type * as z from 'zod';
import { ArchiveDamaged, ArchiveGone, OffsiteError, RecordForged, VerificationIncomplete } from '../base/errors.ts';
import { messageOf } from '../base/failure-text.ts';
import { retryOrError } from '../base/retry.ts';
import { runbookPage } from '../base/runbook.ts';
import { MarkRecord } from '../catalogue/records.ts';
import type { Deps } from '../deps.ts';
import { keysOf } from '../storage/layout.ts';
import type { verifyContracts } from './contract.ts';
import { VerifyInput } from './input.ts';
import { nothingRead } from './nothing-read.ts';
import { archiveOf, type Chosen, type Verdict, type VerifyReport } from './state.ts';

type Input = z.infer<typeof verifyContracts.ReportVerification.input>;
type Done = Extract<Input, { outcome: 'done' }>;
type Failed = Extract<Input, { outcome: 'failed' }>;

type ReportDeps = Pick<Deps, 'archive' | 'redactor' | 'clock' | 'signal'>;

/** As many of each kind as a person reads. */
const MOST_NAMED = 20;

/** What was found. One archive that is damaged, or could not be read, makes the whole verification a failed one. */
export async function reportOf(input: Done, deps: ReportDeps): Promise<VerifyReport> {
  const { chosen, verdicts } = input;
  const bad = (wanted: Verdict['verdict']) =>
    chosen.archives.flatMap((ref, i) => (verdicts[i]?.verdict === wanted ? [{ ref, verdict: verdicts[i] }] : []));
  const [damaged, unread] = [bad('damaged'), bad('unread')];
  const counts = {
    good: bad('good').length,
    damaged: damaged.length,
    unread: unread.length,
    expired: bad('expired').length,
    left: chosen.left,
    cold: chosen.cold,
    known: chosen.known,
  };
  const bytes = verdicts.reduce((sum, verdict) => sum + verdict.bytes, 0);
  const named = await Promise.all(damaged.slice(0, MOST_NAMED).map(async ({ ref }) => await damageOf(ref, deps)));
  const error = errorOf(named, counts, chosen);
  return {
    ...commonOf(input, deps),
    outcome: error ? 'failed' : 'succeeded',
    error: error?.name ?? null,
    message: error?.message ?? wholeText(counts, bytes),
    counts,
    bytes,
    damaged: named,
    unread: unread.slice(0, MOST_NAMED).map(({ ref, verdict: { error: name = 'unknown' } }) => ({
      archive: ref,
      error: name,
      message: `${keyOf(ref)} could not be read or recorded (${name}); what it was known to be before still holds.`,
    })),
    notes: notesOf(chosen),
  };
}

const keyOf = (ref: string) => keysOf(archiveOf(ref).manager, archiveOf(ref).snapshot).archive;

/** The mark has what was found, in a sentence. */
async function damageOf(ref: string, deps: ReportDeps): Promise<VerifyReport['damaged'][number]> {
  const { manager, snapshot } = archiveOf(ref);
  const mark = await retryOrError(
    async () => await deps.archive.records.read(keysOf(manager, snapshot).mark, MarkRecord),
    deps,
  );
  const found = mark instanceof OffsiteError ? undefined : mark?.value;
  return {
    archive: ref,
    error: found?.error ?? 'ArchiveDamaged',
    message: found?.message ?? `${keyOf(ref)} is damaged; its verification record cannot be read just now.`,
  };
}

type Counts = VerifyReport['counts'];

function errorOf(
  damaged: VerifyReport['damaged'],
  counts: Counts,
  { unreadable, forged = [], lost = [], index }: Chosen,
): OffsiteError | undefined {
  const read = counts.good + counts.damaged + counts.unread;
  const unread = `${counts.unread} of ${read} archives could not be read`;
  const [first] = damaged;
  if (first) {
    const also = counts.unread > 0 ? ` ${unread}.` : '';
    return new ArchiveDamaged(
      `${counts.damaged} of ${read} archives ${counts.damaged === 1 ? 'is' : 'are'} damaged: ${keyOf(first.archive)}: ${first.message}${also} A restore of "latest" refuses a damaged one, unless it may skip it (--skip-damaged). See ${runbookPage('an-archive-is-damaged')}.`,
    );
  }
  if (forged[0] !== undefined) {
    return new RecordForged(
      `${lost[0] ?? `The manifest ${forged[0]} is not what was signed.`} The manager of that archive is not known, and it was not read. No restore takes it. See ${runbookPage('a-record-is-forged')}.`,
    );
  }
  if (lost[0] !== undefined) {
    return new ArchiveGone(
      `${lost[0]} Its archive could not be compared with anything. See ${runbookPage('a-record-is-forged')}.`,
    );
  }
  if (index !== undefined) return new VerificationIncomplete(index);
  if (counts.unread === 0 && unreadable[0] === undefined) return undefined;
  if (counts.unread === 0)
    return new VerificationIncomplete(
      `The manifest ${unreadable[0]} cannot be read, so its archive could not be compared with anything. See ${runbookPage('an-archive-is-damaged')}.`,
    );
  return new VerificationIncomplete(
    `${unread}, so it is not known whether they are intact; no result was recorded. The report has their names.`,
  );
}

function wholeText({ good, known }: Counts, bytes: number): string {
  if (known === 0) return 'There is no archive yet, of any manager.';
  return `${good} of ${known} archives were re-verified, ${bytes} bytes: every file in them is what the manager wrote.`;
}

function notesOf({ left, cold, unreadable, forged = [], lost }: Chosen): string[] {
  return [
    ...(lost ?? forged.map((key) => `The manifest ${key} is forged.`)),
    ...unreadable.map((key) => `The manifest ${key} cannot be read.`),
    ...(left > 0
      ? [`${left} more were asked for than one execution can carry. Start it again: it goes on where this one ended.`]
      : []),
    ...(cold > 0 ? [`${cold} lie in a storage class that has to be asked hours before (GLACIER, DEEP_ARCHIVE).`] : []),
  ];
}

/** Of a verification that did not come to an end; archives that it had looked at are marked all the same. */
export function failureReport(input: Failed, deps: ReportDeps): VerifyReport {
  return {
    outcome: 'failed',
    error: input.failure.Error,
    message: deps.redactor.clean(messageOf(input.failure)),
    ...nothingRead,
    ...commonOf(input, deps),
  };
}

function commonOf(
  { input, execution }: Input,
  deps: ReportDeps,
): Pick<VerifyReport, 'manager' | 'execution' | 'reason' | 'finishedAt'> {
  const { manager = null, reason } = VerifyInput.safeParse(input).data ?? {};
  return {
    manager,
    execution: execution.id,
    reason: reason === undefined ? null : deps.redactor.clean(reason),
    finishedAt: deps.clock.now().toISOString(),
  };
}
