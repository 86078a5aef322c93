import { messageOf } from '../lib/base/failure-text.ts';
import { limitGarbage } from '../lib/base/memory.ts';
import type { Deps } from '../lib/deps.ts';
import { runtime } from '../lib/lambda/runtime.ts';
import { judgeArchives } from '../lib/reconcile/check-archives.ts';
import { judgeFunctions } from '../lib/reconcile/check-functions.ts';
import { judgeManager } from '../lib/reconcile/check-manager.ts';
import { judgeManagers } from '../lib/reconcile/check-managers.ts';
import { judgeObjects } from '../lib/reconcile/check-objects.ts';
import { judgeProtection } from '../lib/reconcile/check-protection.ts';
import { judgeReplication } from '../lib/reconcile/check-replication.ts';
import { judgeSchedule, type ScheduleCheck } from '../lib/reconcile/check-schedule.ts';
import {
  type FoundFinding,
  nothingAsked,
  type ReconcileInput,
  type ReconcileReport,
  type SeenSnapshots,
} from '../lib/reconcile/contract.ts';
import type { Finding } from '../lib/reconcile/findings.ts';
import { bytesOf, emit, hoursSinceVerified } from '../lib/reconcile/metrics.ts';
import { type Observed, observe } from '../lib/reconcile/observe.ts';
import { recordOutcome } from '../lib/reconcile/record.ts';
import { repairAll, unrepaired } from '../lib/reconcile/repair.ts';
import { defineStep, toHandler } from '../lib/workflow/define-step.ts';
import { fileOf, talkingSteps } from '../lib/workflow/steps.ts';

/**
 * Compares, once a day, what should be with what is: schedule, runs, records, storage, and the snapshots that TidyManager
 * has seen on the manager, both ways. Repairs what does no harm if it is done once too often, and tells a person of the rest, every day anew for as
 * long as it is so. Done again, or killed anywhere and done again, it comes to the same.
 */
export const reconcile = defineStep('Reconcile', async ({ input, snapshots: given }, deps) => {
  const snapshots = 'Error' in given ? { ...nothingAsked, notSeen: messageOf(given) } : given;
  const { view, findings, schedule } = await lookTwice(input.manager, snapshots, deps);
  const repaired = input.dryRun ? unrepaired(findings) : await repairAll(findings, view, deps);
  const report = reportOf(input, { view, schedule, found: [...snapshots.stale, ...repaired] }, deps);
  if (input.dryRun) return report;
  emit(report, deps);
  const { open, failed } = report.counts;
  if (open + failed > 0) {
    const subject = `cloudify-offsite: reconciliation of ${input.manager.slice(0, 45)} found ${open + failed}`;
    await deps.notifier.publish(subject, report, {
      about: 'reconcile',
      outcome: 'attention',
      manager: input.manager,
    });
  }
  await recordOutcome(report, snapshots, deps.archive.records);
  return report;
});

const talking = talkingSteps.map(fileOf);

interface SeenFindings {
  readonly view: Observed;
  readonly findings: readonly Finding[];
  readonly schedule: ScheduleCheck;
}

/**
 * Lists are not of one moment: a run that ends while we look seems to have an archive and no manifest. So what is found
 * is looked for again, and counts if it is found twice.
 */
async function lookTwice(manager: string, snapshots: SeenSnapshots, deps: Deps): Promise<SeenFindings> {
  const before = await lookFirst(manager, snapshots, deps);
  if (!(before instanceof Set)) return before;
  const second = await lookOnce(manager, snapshots, deps);
  return { ...second, findings: second.findings.filter((finding) => before.has(nameOf(finding))) };
}

const nameOf = ({ kind, about }: Finding) => `${kind} ${about}`;

/** The names alone of what is found: the first look at 10,000 archives must not be held beside the second one. */
async function lookFirst(manager: string, snapshots: SeenSnapshots, deps: Deps): Promise<SeenFindings | Set<string>> {
  const first = await lookOnce(manager, snapshots, deps);
  return first.findings.length === 0 ? first : new Set(first.findings.map(nameOf));
}

async function lookOnce(manager: string, snapshots: SeenSnapshots, deps: Deps): Promise<SeenFindings> {
  const rules = deps.rulesOf(manager);
  const view = await observe(manager, snapshots, deps);
  const schedule = judgeSchedule(view, rules);
  const keep = rules.keepOnManager ?? deps.settings.keepOnManager;
  limitGarbage();
  const ofArchives = judgeArchives(view, rules.retention);
  limitGarbage();
  const ofObjects = judgeObjects(view, rules);
  limitGarbage();
  const findings = [
    ...schedule.findings,
    ...ofArchives,
    ...ofObjects,
    ...judgeReplication(view, rules),
    ...judgeManager(view, keep),
    ...(await judgeProtection(rules, deps)),
    ...(await judgeManagers(rules, deps)),
    ...(await judgeFunctions(manager, rules, talking, deps)),
  ];
  // Runs and the index may both know of what is missing.
  const byName = new Map([...findings].reverse().map((finding) => [nameOf(finding), finding]));
  return { view, findings: findings.filter((one) => byName.get(nameOf(one)) === one), schedule };
}

/** What a person has to do comes first. */
const ORDER: readonly FoundFinding['repair'][] = ['open', 'failed', 'could be', 'done'];
const MOST_SHOWN = 100;

function reportOf(
  { manager, dryRun = false }: ReconcileInput,
  { view, schedule, found }: { view: Observed; schedule: ScheduleCheck; found: readonly FoundFinding[] },
  deps: Deps,
): ReconcileReport {
  const many = (repair: FoundFinding['repair']) => found.filter((one) => one.repair === repair).length;
  const counts = { open: many('open'), couldBe: many('could be'), done: many('done'), failed: many('failed') };
  const needed = counts.open + counts.failed + counts.couldBe;
  const clean = (text: string) => deps.redactor.clean(text);
  const inOrder = [...found].sort((a, b) => ORDER.indexOf(a.repair) - ORDER.indexOf(b.repair));
  const [first] = inOrder;
  return {
    outcome: needed > 0 ? 'findings' : counts.done > 0 ? 'repaired' : 'clean',
    message: clean(summaryOf(manager, counts, first)),
    manager,
    dryRun,
    findings: inOrder.slice(0, MOST_SHOWN).map((one) => ({ ...one, message: clean(one.message) })),
    counts,
    lookedAt: {
      archives: view.retention.decisions.length,
      objects: view.objects.length + view.inPlace.count,
      nights: schedule.slots,
      snapshots: view.snapshots.total,
    },
    hoursSinceVerified: hoursSinceVerified(view),
    missingNights: schedule.missing,
    bytes: bytesOf(view),
    finishedAt: deps.clock.now().toISOString(),
  };
}

function summaryOf(manager: string, counts: ReconcileReport['counts'], first: FoundFinding | undefined): string {
  const { open, failed, couldBe, done } = counts;
  if (!first) return `Nothing is odd about manager ${manager}: schedule, records and storage agree.`;
  const parts = [
    ...(open + failed > 0 ? [`${open + failed} for a person`] : []),
    ...(couldBe > 0 ? [`${couldBe} that could be repaired`] : []),
    ...(done > 0 ? [`${done} repaired`] : []),
  ];
  return `Found of manager ${manager}: ${parts.join(', ')}. ${first.kind}: ${first.message}`;
}

export const handler = toHandler(reconcile, runtime);
