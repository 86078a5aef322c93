import { groupedName, managersInTags } from '../base/group-names.ts';
import { machineOfExecution } from './arns.ts';
import { InstallationNotFound } from './errors.ts';
import type { StateMachine, StepFunctions } from './step-functions.ts';

export const DEFAULT_INSTALLATION = 'offsite';

export const KINDS = ['export', 'restore', 'verify', 'approve', 'decide', 'report', 'diagnose'] as const;
/** What a state machine of an installation does: the last word of its name. */
export type Kind = (typeof KINDS)[number];

export type Machines = Readonly<Record<Kind, StateMachine | undefined>>;
const NONE: Machines = {
  export: undefined,
  restore: undefined,
  verify: undefined,
  approve: undefined,
  decide: undefined,
  report: undefined,
  diagnose: undefined,
};

/** An installation in AWS, as its state machines and their tags tell of it. */
export interface Installation {
  readonly name: string;
  /** `undefined` where this version of the stack has none. */
  readonly machines: Machines;
  /** Those of groups of managers: `offsite_east-export`. */
  readonly groups: readonly Machines[];
  readonly bucket: string;
  /** Digest of the configuration that was deployed; undefined: by an older version. */
  readonly configuration?: string | undefined;
}

/**
 * Found by name: its machines are `<name>-export` and so on, and carry what else belongs to it as tags, so that nothing
 * has to be configured where the command line runs. Throws `InstallationNotFound`.
 */
export async function findInstallation(name: string, sfn: StepFunctions): Promise<Installation> {
  const found = new Map<string, Machines>();
  for await (const machine of sfn.machines()) {
    const [, owner = '', word] = /^(.+)-(\w+)$/.exec(machine.name) ?? [];
    const kind = KINDS.find((one) => one === word);
    if (kind) found.set(owner, { ...(found.get(owner) ?? NONE), [kind]: machine });
  }
  const machines = found.get(name);
  if (!machines?.export) {
    const others = [...found].flatMap(([owner, { export: has }]) => (has ? [owner] : []));
    throw new InstallationNotFound(notFound(name, new Set(others)));
  }
  const { bucket, configuration } = await tagsOf(machines.export, sfn);
  const ofGroups = [...found].filter(([owner]) => owner.startsWith(groupedName(name, '')));
  return { name, machines, groups: ofGroups.map(([, all]) => all), bucket, configuration };
}

/** The installation of an execution: its state machine says all, no other is looked for. Throws `InstallationNotFound`. */
export async function installationOf(executionArn: string, sfn: StepFunctions): Promise<Installation> {
  const machine = machineOfExecution(executionArn);
  const { bucket, installation } = await tagsOf(machine, sfn);
  const [, base = machine.name, kind] = /^(.+)-(\w+)$/.exec(machine.name) ?? [];
  const isKnown = KINDS.some((one) => one === kind);
  const machines = isKnown ? { ...NONE, [kind as Kind]: machine } : NONE;
  return { name: installation ?? base, machines, groups: [], bucket };
}

async function tagsOf({ arn, name }: StateMachine, sfn: StepFunctions) {
  const tags = await sfn.tagsOf(arn);
  const { 'offsite:bucket': bucket, 'offsite:installation': installation } = tags;
  if (bucket) return { bucket, installation, configuration: tags['offsite:configuration'] };
  throw new InstallationNotFound(
    `The state machine ${name} does not carry the tag offsite:bucket, so it is not one of this software, or of an older version: deploy it again.`,
  );
}

/** The machine that does `kind`, of all managers. Throws `InstallationNotFound`. */
export function machineOf({ name, machines }: Installation, kind: Kind): StateMachine {
  const machine = machines[kind];
  if (machine) return machine;
  throw new InstallationNotFound(`The stack ${name} has no state machine ${name}-${kind}: deploy it again.`);
}

/** The machine that does `kind` for this manager: of its group, which the tags of the group's machines tell. */
export async function machineFor(
  manager: string,
  kind: Kind,
  installation: Installation,
  sfn: StepFunctions,
): Promise<StateMachine> {
  for (const { [kind]: machine } of installation.groups) {
    if (machine && managersInTags(await sfn.tagsOf(machine.arn)).includes(manager)) return machine;
  }
  return machineOf(installation, kind);
}

/** What the names of a manager's schedules and machines begin with: that of its group, by the tags of the group's machines. */
export async function ownersOf({ groups }: Installation, sfn: StepFunctions): Promise<ReadonlyMap<string, string>> {
  const owners = new Map<string, string>();
  for (const { export: machine } of groups) {
    if (!machine) continue;
    const owner = machine.name.replace(/-export$/, '');
    for (const manager of managersInTags(await sfn.tagsOf(machine.arn))) owners.set(manager, owner);
  }
  return owners;
}

/** Every machine of an installation, of some kinds. */
export function allMachines({ machines, groups }: Installation, wanted: (kind: Kind) => boolean): StateMachine[] {
  const kinds = KINDS.filter(wanted);
  return [machines, ...groups].flatMap((all) => kinds.flatMap((kind) => all[kind] ?? []));
}

function notFound(name: string, others: ReadonlySet<string>): string {
  const known = [...others].filter((other) => other !== '').sort();
  const shown = known.slice(0, 5).join(', ');
  const have = known.length > 0 ? ` State machines that look like other stacks: ${shown}.` : '';
  return `There is no stack "${name}" (no state machine ${name}-export) in this region and account.${have} Check AWS_REGION and AWS_PROFILE, or name it with --installation; for archives on this machine add --local.`;
}
