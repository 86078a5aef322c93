/** The part of a state machine that a picture shows. */
export interface State {
  readonly Type: string;
  readonly Comment?: string;
  readonly Resource?: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly Choice[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly MaxConcurrency?: number;
  readonly ItemProcessor?: { readonly StartAt: string; readonly States: States };
}
interface Choice {
  readonly Variable?: string;
  readonly StringEquals?: string;
  readonly Next: string;
}
export type States = Readonly<Record<string, State>>;
export interface Machine {
  readonly StartAt: string;
  readonly States: States;
}

export interface Exit {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

/** States that are entered after some errors only, and lead back to the way to success. */
export interface Detour extends Exit {
  readonly states: readonly string[];
}

/** A machine as the picture has it: the way to success, what leaves it, and the way after any error. */
export interface Graph {
  readonly success: readonly string[];
  readonly failure: readonly string[];
  /** Back to an earlier state. */
  readonly loops: readonly Exit[];
  /** Ahead, past other states. */
  readonly jumps: readonly Exit[];
  /** To an end of its own. */
  readonly sides: readonly Exit[];
  readonly detours: readonly Detour[];
  /** A state beside a choice that leads back to an earlier one. */
  readonly waits: readonly Exit[];
  /** States that lead to the way after an error. */
  readonly caught: ReadonlySet<string>;
  /** Where the way after an error ends, and where it ends if that fails as well. */
  readonly failureEnds: readonly Exit[];
}

export function stateOf(machine: { readonly States: States }, name: string): State {
  const state = machine.States[name];
  if (!state) throw new Error(`The machine has no state ${name}.`);
  return state;
}

/** Throws when a state would not be in the picture: then the picture must learn to draw it. */
export function graphOf(machine: Machine): Graph {
  const success = follow(machine, machine.StartAt);
  const leaving = success.flatMap((from) => catchesOf(machine, from).map((way) => ({ from, ...way })));
  const [entry, ...others] = new Set(leaving.filter(isForAll).map(({ Next }) => Next));
  if (entry === undefined || others.length > 0) throw new Error('The picture wants one way for all errors.');
  const detours = leaving.filter(({ Next }) => Next !== entry).map((way) => detourOf(machine, success, way));
  const failure = follow(machine, entry).filter((name) => stateOf(machine, name).Type !== 'Fail');
  const last = failure.at(-1) ?? entry;
  const failureEnds = [
    { from: last, to: stateOf(machine, last).Next ?? '', label: '' },
    ...catchesOf(machine, last).map((c) => ({ from: last, to: c.Next, label: 'if that fails as well' })),
  ];
  const at = (name: string) => success.indexOf(name);
  const exits = success.flatMap((name) => exitsOf(machine, name)).filter((e) => at(e.to) !== at(e.from) + 1);
  const waits = exits.filter((e) => at(e.to) < 0 && at(stateOf(machine, e.to).Next ?? '') >= 0);
  const sides = exits.filter((e) => at(e.to) < 0 && !waits.includes(e));
  const before = [...success, ...[...sides, ...waits].map((e) => e.to), ...detours.flatMap((d) => d.states)];
  const graph = {
    success,
    failure,
    failureEnds,
    sides,
    waits,
    detours,
    caught: new Set(before.filter((name) => leadsTo(machine, name, entry))),
    loops: exits.filter((e) => at(e.to) >= 0 && at(e.to) <= at(e.from)),
    jumps: exits.filter((e) => at(e.to) > at(e.from)),
  };
  const drawn = new Set([...before, ...failure, ...failureEnds.map((e) => e.to)]);
  const missing = Object.keys(machine.States).filter((name) => !drawn.has(name));
  if (missing.length > 0) throw new Error(`The picture would not show ${missing.join(', ')}.`);
  return graph;
}

/** Where errors of a state lead, unless it is on as without them. */
function catchesOf(machine: Machine, name: string) {
  const { Catch = [], Next } = stateOf(machine, name);
  return Catch.filter((way) => way.Next !== Next);
}

const isForAll = ({ ErrorEquals }: { readonly ErrorEquals: readonly string[] }) => ErrorEquals.includes('States.ALL');

function detourOf(
  machine: Machine,
  success: readonly string[],
  { from, ErrorEquals, Next }: { from: string; ErrorEquals: readonly string[]; Next: string },
): Detour {
  const states = follow(machine, Next, success);
  const back = stateOf(machine, states.at(-1) ?? Next).Next ?? '';
  if (success.indexOf(back) !== success.indexOf(from) + 1)
    throw new Error(`The picture wants ${Next} to lead on from ${from}.`);
  return { from, to: back, states, label: `${ErrorEquals[0]}, …` };
}

function leadsTo(machine: Machine, name: string, target: string): boolean {
  const { Next, Default } = stateOf(machine, name);
  return [Next, Default, ...catchesOf(machine, name).map((way) => way.Next)].includes(target);
}

/** The way on from a state, up to one of `ends`; a choice's first branch is the way on. */
function follow(machine: Machine, start: string, ends: readonly string[] = []): string[] {
  const path: string[] = [];
  for (let name: string | undefined = start; name !== undefined && ![...path, ...ends].includes(name); ) {
    path.push(name);
    name = nextOf(stateOf(machine, name));
  }
  return path;
}

const nextOf = ({ Choices, Next }: State) => Choices?.[0]?.Next ?? Next;

/** When a choice goes the way on. */
export function conditionOf(machine: Machine, name: string): string {
  const { Choices = [] } = stateOf(machine, name);
  const same = Choices.filter(({ Next }) => Next === Choices[0]?.Next);
  return same.map(labelOf).join(' or ');
}

const labelOf = ({ StringEquals, Variable }: Choice) => StringEquals ?? Variable?.split('.').at(-1) ?? '';

/** When a choice goes to its default state, in the words of its variable. */
const BY_DEFAULT: Readonly<Record<string, string>> = {
  Duplicate: 'duplicate',
  PruneManager: 'recorded',
  WaitForSnapshot: 'creating',
  Planned: 'dry run',
  SelectArchive: 'next archive',
  WaitForApproval: 'waiting',
  WaitForRestore: 'at work',
  Partial: 'partial',
  NotWhole: 'failed',
};

/** What else leaves a choice. Throws for a default state without words: the picture must learn them. */
function exitsOf(machine: Machine, from: string): Exit[] {
  const { Choices = [], Default } = stateOf(machine, from);
  const exits = Choices.slice(1).map((c) => ({ from, to: c.Next, label: labelOf(c) }));
  if (Default === undefined) return exits;
  const label = BY_DEFAULT[Default];
  if (label === undefined) throw new Error(`The picture has no words for the way from ${from} to ${Default}.`);
  return [...exits, { from, to: Default, label }];
}
