/** The part of a state machine that a picture shows. */
export interface State {
  readonly Type: string;
  readonly Comment?: string;
  readonly Resource?: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly StringEquals?: string; readonly Next: string }[];
  readonly Catch?: readonly { readonly Next: string }[];
  readonly MaxConcurrency?: number;
  readonly ItemProcessor?: { readonly StartAt: string; readonly States: States };
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
  const caught = new Set(success.flatMap((name) => (stateOf(machine, name).Catch ?? []).map((c) => c.Next)));
  const [entry, ...others] = [...caught];
  if (entry === undefined || others.length > 0) throw new Error('The picture wants one way for all errors.');
  const failure = follow(machine, entry).filter((name) => stateOf(machine, name).Type !== 'Fail');
  const last = failure.at(-1) ?? entry;
  const end = stateOf(machine, last);
  const failureEnds = [
    { from: last, to: end.Next ?? '', label: '' },
    ...(end.Catch ?? []).map((c) => ({ from: last, to: c.Next, label: 'if that fails as well' })),
  ];
  const exits = success.flatMap((name) => exitsOf(machine, name));
  const at = (name: string) => success.indexOf(name);
  const graph = {
    ...{ success, failure, failureEnds },
    loops: exits.filter((e) => at(e.to) >= 0 && at(e.to) <= at(e.from)),
    jumps: exits.filter((e) => at(e.to) > at(e.from)),
    sides: exits.filter((e) => at(e.to) < 0),
  };
  const drawn = new Set([...success, ...failure, ...[...graph.sides, ...failureEnds].map((e) => e.to)]);
  const missing = Object.keys(machine.States).filter((name) => !drawn.has(name));
  if (missing.length > 0) throw new Error(`The picture would not show ${missing.join(', ')}.`);
  return graph;
}

/** The way on from a state; a choice's first branch is the way on. */
function follow(machine: Machine, start: string): string[] {
  const path: string[] = [];
  for (let name: string | undefined = start; name !== undefined && !path.includes(name); ) {
    path.push(name);
    const state: State = stateOf(machine, name);
    name = state.Choices?.[0]?.Next ?? state.Next;
  }
  return path;
}

/** What leaves a choice otherwise. */
function exitsOf(machine: Machine, from: string): Exit[] {
  const { Choices = [], Default } = stateOf(machine, from);
  const exits = Choices.slice(1).map((c) => ({ from, to: c.Next, label: c.StringEquals ?? '' }));
  return Default === undefined ? exits : [...exits, { from, to: Default, label: 'otherwise' }];
}
