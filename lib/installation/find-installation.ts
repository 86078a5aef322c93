import { machineOfExecution } from './arns.ts';
import { InstallationNotFound } from './errors.ts';
import type { StateMachine, StepFunctions } from './step-functions.ts';

export const DEFAULT_INSTALLATION = 'offsite';

export const KINDS = ['export', 'restore', 'verify', 'approve'] as const;
/** What a state machine of an installation does: the last word of its name. */
export type Kind = (typeof KINDS)[number];

/** An installation in AWS, as its state machines and their tags tell of it. */
export interface Installation {
  readonly name: string;
  /** `undefined` where this version of the stack has none. */
  readonly machines: Readonly<Record<Kind, StateMachine | undefined>>;
  readonly bucket: string;
}

/**
 * Found by name: its machines are `<name>-export` and so on, and carry what else belongs to it as tags, so that nothing
 * has to be configured where the command line runs. Throws `InstallationNotFound`.
 */
export async function findInstallation(name: string, sfn: StepFunctions): Promise<Installation> {
  const wanted = new Map(KINDS.map((kind) => [`${name}-${kind}`, kind]));
  const found: Partial<Record<Kind, StateMachine>> = {};
  const others = new Set<string>();
  for await (const machine of sfn.machines()) {
    const kind = wanted.get(machine.name);
    if (kind) found[kind] = machine;
    if (machine.name.endsWith('-export')) others.add(machine.name.slice(0, -'-export'.length));
  }
  if (!found.export) throw new InstallationNotFound(notFound(name, others));
  const { bucket } = await tagsOf(found.export, sfn);
  const machines = { export: found.export, restore: found.restore, verify: found.verify, approve: found.approve };
  return { name, machines, bucket };
}

/** The installation of an execution: its state machine says all, no other is looked for. Throws `InstallationNotFound`. */
export async function installationOf(executionArn: string, sfn: StepFunctions): Promise<Installation> {
  const machine = machineOfExecution(executionArn);
  const { bucket, installation } = await tagsOf(machine, sfn);
  const [, base = machine.name, kind] = /^(.+)-(\w+)$/.exec(machine.name) ?? [];
  const none = { export: undefined, restore: undefined, verify: undefined, approve: undefined };
  const isKnown = KINDS.some((one) => one === kind);
  return { name: installation ?? base, machines: isKnown ? { ...none, [kind as Kind]: machine } : none, bucket };
}

async function tagsOf({ arn, name }: StateMachine, sfn: StepFunctions) {
  const { 'offsite:bucket': bucket, 'offsite:installation': installation } = await sfn.tagsOf(arn);
  if (bucket) return { bucket, installation };
  throw new InstallationNotFound(
    `The state machine ${name} does not carry the tag offsite:bucket, so it is not one of this software, or of an older version: deploy it again.`,
  );
}

/** The machine that does `kind`. Throws `InstallationNotFound`. */
export function machineOf({ name, machines }: Installation, kind: Kind): StateMachine {
  const machine = machines[kind];
  if (machine) return machine;
  throw new InstallationNotFound(`Installation ${name} has no state machine ${name}-${kind}: deploy it again.`);
}

function notFound(name: string, others: ReadonlySet<string>): string {
  const known = [...others].filter((other) => other !== '').sort();
  const shown = known.slice(0, 5).join(', ');
  const have = known.length > 0 ? ` State machines that look like other installations: ${shown}.` : '';
  return `There is no installation "${name}" (no state machine ${name}-export) in this region and account.${have} Check AWS_REGION and AWS_PROFILE, or name it with --installation; for archives on this machine add --local.`;
}
