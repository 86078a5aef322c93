import { setTimeout as wait } from 'node:timers/promises';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import type { Lab } from './lab.ts';
import { type Command, type Plan, planOf } from './plan.ts';
import type { Ended, Running } from './processes.ts';

export interface RoundResult {
  readonly violations: readonly string[];
  /** `killed 4.1 s, exit 0 2.3 s` */
  readonly story: string;
}

/** How long each command took when nothing disturbed it: a kill comes at a share of that. */
export type Durations = Record<Command, number>;
export const FIRST_GUESS: Durations = { export: 4000, restore: 35_000, verify: 2500, reconcile: 2500, expire: 1500 };

const HOUR_MS = 3_600_000;
/** An hour for each round, long ago: nights that nobody else has. */
const nightOf = (round: number) => new Date(Date.UTC(2024, 0, 1) + round * HOUR_MS);

/** The command under faults, then the same command again without, and what a judge says after each. */
export async function playRound(lab: Lab, seed: number, round: number, durations: Durations): Promise<RoundResult> {
  const plan = planOf(seed, round);
  const night = nightOf(round);
  const violations: string[] = [];
  const note = (when: string, found: readonly string[]) => violations.push(...found.map((one) => `${when}: ${one}`));
  if (plan.command === 'expire') await lab.age();

  await prepare(lab, plan);
  arm(lab, plan);
  const first = await disturbed(lab, plan, lab.begin(plan.store, plan.command, night), durations);
  arm(lab, undefined);
  note('disturbed', complaints(plan, first));
  // A `local-s3` that starts again has a new key pair, so the run can read nothing of what it has recorded.
  const blind = plan.kill?.victim === 's3' ? ['--blind'] : [];
  note('disturbed', await lab.judge(plan.store, ...questions(lab, plan, round, first), ...blind));

  await prepare(lab, plan);
  const again = await lab.begin(plan.store, plan.command, night).ended;
  if (again.code === 0) durations[plan.command] = again.ms;
  note('again', complaints(plan, again));
  if (!succeeded(plan, again)) note('again', [`it failed: ${shortly(again)}`]);
  note('again', await lab.judge(plan.store, ...questions(lab, plan, round, again), '--settled'));
  return { violations, story: `${shortly(first)} | ${shortly(again)}` };
}

async function prepare(lab: Lab, { command }: Plan): Promise<void> {
  if (command !== 'restore') return;
  await lab.target.kill();
  await lab.target.start();
}

function arm(lab: Lab, plan: Plan | undefined): void {
  const { manager, target, s3 } = lab.wires;
  manager.arm(plan?.command === 'export' ? plan.faults.manager : []);
  target.arm(plan?.command === 'restore' ? plan.faults.manager : []);
  s3.arm(plan?.faults.s3 ?? []);
}

/** Kills at the planned moment, and starts again what is a server. */
async function disturbed(lab: Lab, { kill, command }: Plan, running: Running, durations: Durations): Promise<Ended> {
  if (!kill) return await running.ended;
  await wait(kill.share * durations[command]);
  if (kill.victim === 'command') running.kill();
  else {
    const server = lab[kill.victim];
    await server.kill();
    await wait(kill.downMs);
    await server.start();
  }
  return await running.ended;
}

function questions(lab: Lab, { command }: Plan, round: number, { code }: Ended): string[] {
  const exit = code === null ? [] : ['--exit', String(code)];
  if (command === 'export') return ['--night', snapshotIdAt(nightOf(round)), ...exit, '--manager', lab.manager.url];
  if (command === 'restore' && code === 0) return ['--target', lab.target.url];
  return command === 'expire' ? ['--expire'] : [];
}

/** What no run may do, disturbed or not. */
function complaints({ command, kill }: Plan, ended: Ended): string[] {
  const found: string[] = [];
  if (ended.timedOut) found.push(`it did not end within ${Math.round(ended.ms / 1000)} s`);
  if (ended.code === null && !ended.timedOut && kill?.victim !== 'command') found.push('it died by itself');
  if (/\n\s+at .+:\d+:\d+/.test(ended.err)) found.push(`it shows a stack: ${ended.err.slice(-300)}`);
  const error = ended.code === null ? undefined : errorOf(ended.out);
  if (error === 'no document') found.push(`exit ${ended.code} without one JSON document: ${ended.err.slice(-300)}`);
  // All archives are whole, as the judge saw before: a verdict of damage would be kept, and is false.
  if (command === 'verify' && error === 'ArchiveDamaged') found.push('it calls a whole archive damaged');
  if (error === 'ContractViolation' || error === 'Error') found.push(`it fails without a name: ${shortly(ended)}`);
  return found;
}

/** Reconciliation ends with 1 when there is something left to do, as the snapshot of a killed run may be. */
function succeeded({ command }: Plan, { code, out }: Ended): boolean {
  return code === 0 || (command === 'reconcile' && code === 1 && errorOf(out) === undefined);
}

function errorOf(out: string): string | undefined {
  try {
    return (JSON.parse(out) as { error?: string | null }).error ?? undefined;
  } catch {
    return 'no document';
  }
}

function shortly({ code, out, err, ms }: Ended): string {
  const how = code === null ? 'killed' : `exit ${code}`;
  const error =
    code === null || code === 0 ? undefined : `${errorOf(out) ?? ''} ${err.trim().split('\n').at(-1) ?? ''}`;
  return `${how} ${(ms / 1000).toFixed(1)} s${error === undefined ? '' : ` ${error.slice(0, 300)}`}`;
}
