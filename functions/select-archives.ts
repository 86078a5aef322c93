import { defined } from '../lib/base/defined.ts';
import { ArchiveGone, ArchiveNotFound, RecordForged, VerificationIncomplete } from '../lib/base/errors.ts';
import { missingAt, readCatalogue } from '../lib/catalogue/catalogue.ts';
import type { Unreadable } from '../lib/catalogue/entry.ts';
import { faultText } from '../lib/catalogue/faults.ts';
import { unreadableText } from '../lib/catalogue/unreadable-text.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { mayBeGone } from '../lib/reconcile/expiry-times.ts';
import { decide } from '../lib/retention/decide.ts';
import { keysOf, managerOfRecordKey, prefixOf } from '../lib/storage/layout.ts';
import { DEFAULT_SAMPLE, type VerifyInput } from '../lib/verification/input.ts';
import { type Candidate, candidateOf, inOrder, sampleOf, thatFit } from '../lib/verification/select.ts';
import type { Chosen } from '../lib/verification/state.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';

/**
 * Picks the archives that are read again: damaged ones, then those that were read longest ago. Nothing has to be
 * remembered between executions but when each archive was read, which is in its manifest and its mark.
 */
export const selectArchives = defineStep('SelectArchives', async ({ input }, deps): Promise<Chosen> => {
  const managers = input.manager === undefined ? await managersOf(deps) : [input.manager];
  const all: KnownVerifications[] = [];
  for (const manager of managers) all.push(await knownOf(manager, deps));
  const candidates = all.flatMap((one) => one.candidates);
  const lost = all.flatMap((one) => one.unreadable);
  const named = lost.find(({ snapshot }) => snapshot === input.archive);
  if (named?.isForged) throw new RecordForged(unreadableText(named));
  if (named?.fault === 'missing') throw new ArchiveGone(unreadableText(named));
  if (named) throw new VerificationIncomplete(unreadableText(named));
  const others = input.archive === undefined ? lost : [];
  const unreadable = others.filter(({ fault }) => fault === 'unreadable').map(({ key }) => key);
  const stolen = others.filter(({ fault }) => fault !== 'unreadable').map(({ key, fault }) => faultText(key, fault));
  const forged = others.filter(({ isForged }) => isForged).map(({ key }) => key);
  if (candidates.length + others.length === 0 && input.manager !== undefined) throw noneAtAll(input.manager, deps);
  const wanted = inOrder(all.flatMap((one) => wantedOf(one.candidates, input, deps)));
  const fitting = thatFit(wanted, deps.settings.verifySpanSize);
  return {
    archives: fitting.map(({ ref }) => ref),
    known: candidates.length,
    left: wanted.length - fitting.length,
    cold: candidates.filter((one) => one.cold).length,
    unreadable: unreadable.slice(0, 5),
    forged: forged.slice(0, 5),
    lost: stolen.slice(0, 5),
    ...defined({ index: all.flatMap((one) => one.doubts)[0]?.slice(0, 1500) }),
  };
});

/** Of every manager that has a manifest, whoever is configured today: an old manager's archives may still be needed. */
async function managersOf(deps: Deps): Promise<string[]> {
  const keys = (await deps.archive.records.list(prefixOf('manifests'))).map(({ key }) =>
    managerOfRecordKey('manifest', key),
  );
  return [...new Set(keys)].filter((manager) => manager !== undefined);
}

interface KnownVerifications {
  readonly candidates: readonly Candidate[];
  /** Manifests that cannot be read, or are not what was signed. */
  readonly unreadable: readonly Unreadable[];
  /** Sentences about the index. */
  readonly doubts: readonly string[];
}

/** Whatever has a manifest, unless its time was over: an archive that is gone before that is the worst damage of all. */
async function knownOf(manager: string, deps: Deps): Promise<KnownVerifications> {
  const now = deps.clock.now();
  const catalogue = await readCatalogue(manager, deps, { byIndex: now });
  const { entries, index } = catalogue;
  const unreadable = [...catalogue.unreadable, ...missingAt(manager, catalogue, now)];
  const rules = deps.rulesOf(manager);
  const wanted = decide(entries, rules, now).filter(
    (decision) => decision.entry.stored !== null || !mayBeGone(decision, rules.retention, now),
  );
  return {
    candidates: wanted.map(({ entry }) => candidateOf(entry)),
    unreadable,
    doubts: index.doubts.map(({ why }) => why),
  };
}

function wantedOf(candidates: readonly Candidate[], input: VerifyInput, deps: Deps): readonly Candidate[] {
  if (input.archive === undefined) return sampleOf(candidates, input.all ? 100 : (input.sample ?? DEFAULT_SAMPLE));
  const one =
    input.archive === 'latest' ? candidates.at(-1) : candidates.find(({ snapshot }) => snapshot === input.archive);
  if (one) return [one];
  const manager = input.manager ?? '';
  throw new ArchiveNotFound(
    `Manager ${manager} has no archive ${input.archive}: there is no ${keysOf(manager, input.archive).manifest} in ${deps.archive.place}. Its newest is ${candidates.at(-1)?.snapshot}.`,
  );
}

function noneAtAll(manager: string, deps: Deps): ArchiveNotFound {
  return new ArchiveNotFound(
    `Manager ${manager} has no archive in ${deps.archive.place}: nothing was exported from it yet, or under another name.`,
  );
}

export const handler = toHandler(selectArchives, runtime);
