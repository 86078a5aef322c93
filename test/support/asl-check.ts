import * as z from 'zod';
import * as errors from '../../lib/base/errors.ts';
import { Failure } from '../../lib/base/schemas.ts';
import type { StepName } from '../../lib/base/step-names.ts';
import { contracts } from '../../lib/workflow/contracts.ts';
import { type AslState, allStates, type Definition, stepOf } from '../../lib/workflow/definition.ts';
import { serviceErrors } from '../../lib/workflow/service-errors.ts';
import { steps } from '../../lib/workflow/steps.ts';

/** Names that Step Functions and Lambda themselves give. */
const SERVICE_ERRORS = new Set<string>(['States.ALL', 'States.TaskFailed', ...Object.keys(serviceErrors)]);
const CONTEXT = new Map<string, z.ZodType>([
  ['$$.Execution.Input', z.unknown()],
  ['$$.Execution.Id', z.string()],
  ['$$.Execution.StartTime', z.string()],
]);
const ourErrors = new Set(Object.keys(errors));

type Env = ReadonlyMap<string, z.ZodType>;
type Field = (state: AslState, name: string) => unknown;
const field: Field = (state, name) => state[name];
type Catcher = { ErrorEquals: string[]; Next: string; ResultPath?: string };
type Retrier = { ErrorEquals: string[] };

/** Everything in which a machine breaks the step contract, as sentences; empty for a good one. */
export function checkMachine(machine: Definition): string[] {
  const problems: string[] = [];
  const complain = (state: string, what: string) => problems.push(`${state}: ${what}`);
  checkShape(machine.States, false, complain);
  checkFlow(machine.StartAt, machine.States, new Map(), complain);
  checkFailurePaths(machine.States, complain);
  for (const [, state] of allStates(machine.States))
    if (state.ItemProcessor) checkRounds(state.ItemProcessor.States, complain);
  return problems;
}

/** Steps that no machine uses. */
export function unusedSteps(machines: readonly Definition[]): string[] {
  const used = new Set(machines.flatMap((m) => [...allStates(m.States)].map(([, state]) => stepOf(state))));
  return (Object.keys(steps) as StepName[]).filter((name) => !used.has(name));
}

type Complain = (state: string, what: string) => void;

function checkShape(states: Definition['States'], insideMap: boolean, complain: Complain): void {
  for (const [name, state] of Object.entries(states)) {
    const catchers = (field(state, 'Catch') ?? []) as Catcher[];
    const retriers = (field(state, 'Retry') ?? []) as Retrier[];
    for (const error of [...catchers, ...retriers].flatMap((rule) => rule.ErrorEquals)) {
      if (!ourErrors.has(error) && !SERVICE_ERRORS.has(error))
        complain(name, `"${error}" is no error of ours or of AWS`);
    }
    if (
      ['Task', 'Map'].includes(state.Type) &&
      !insideMap &&
      !catchers.some((c) => c.ErrorEquals.includes('States.ALL'))
    ) {
      complain(name, 'has no Catch for States.ALL');
    }
    for (const next of nextStates(state)) if (!states[next]) complain(name, `goes to "${next}", which does not exist`);
    if (state.ItemProcessor) checkShape(state.ItemProcessor.States, true, complain);
    if (state.Type === 'Task' && !stepOf(state))
      complain(name, `its Resource ${state.Resource} is no step of the table`);
  }
}

/** Walks every route and keeps what is assigned on all of them; every path that is used must be among it. */
function checkFlow(start: string, states: Definition['States'], initial: Env, complain: Complain): void {
  const known = new Map<string, Env>([[start, initial]]);
  const queue = [start];
  while (queue.length > 0) {
    const name = queue.shift() as string;
    const state = states[name];
    if (!state) continue;
    for (const [next, env] of edges(state, known.get(name) ?? new Map())) {
      const before = known.get(next);
      const merged = before ? new Map([...before].filter(([key]) => env.has(key))) : env;
      if (before && merged.size === before.size) continue;
      known.set(next, merged);
      queue.push(next);
    }
  }
  for (const [name, state] of Object.entries(states)) {
    const env = known.get(name);
    if (env) checkPaths(name, state, env, complain);
    else complain(name, 'is never reached');
  }
}

function edges(state: AslState, env: Env): [string, Env][] {
  const result = resultOf(state);
  const path = field(state, 'ResultPath');
  const after =
    typeof path === 'string' && result ? new Map([...env, [path.slice(2), result] as const]) : whole(state, env);
  const caught = ((field(state, 'Catch') ?? []) as Catcher[]).map((c): [string, Env] => [
    c.Next,
    c.ResultPath ? new Map([...env, [c.ResultPath.slice(2), Failure] as const]) : new Map(),
  ]);
  return [...normalNext(state).map((next): [string, Env] => [next, after]), ...caught];
}

/** Without a path the result is all that there is from then on. */
function whole(state: AslState, env: Env): Env {
  const made = state.Type === 'Pass' && field(state, 'ResultPath') === undefined ? resultOf(state) : undefined;
  return made instanceof z.ZodObject ? new Map(Object.entries(made.shape as Record<string, z.ZodType>)) : env;
}

function resultOf(state: AslState): z.ZodType | undefined {
  if (state.ItemProcessor) {
    // What a round hands back is what its last state does; the others that may be last give the same (checkRounds).
    const last = Object.values(state.ItemProcessor.States).filter((one) => one['End'] === true);
    const task = last.find((one) => stepOf(one) !== undefined);
    const output = task && outputOf(task);
    return output && z.array(output);
  }
  if (state.Type === 'Pass') return passed(field(state, 'Parameters'));
  const step = stepOf(state);
  return step && contracts[step]?.output;
}

/** What a Task hands on that keeps nothing of the state before it: its result, or the part of it that OutputPath takes. */
function outputOf(task: AslState): z.ZodType | undefined {
  const step = stepOf(task);
  if (step === undefined) return undefined;
  const path = field(task, 'OutputPath');
  const result = contracts[step].output as z.ZodType;
  if (typeof path !== 'string' || field(task, 'ResultPath') !== undefined) return result;
  return resolve(path.replace('$', '$.result'), new Map([['result', result]]));
}

/** What a Pass makes: its parameters, each of them a text as far as we use it, or null. */
function passed(parameters: unknown): z.ZodType {
  const names = Object.keys((parameters ?? {}) as Record<string, unknown>).map((key) => key.replace(/\.\$$/, ''));
  return z.object(Object.fromEntries(names.map((name) => [name, z.string().nullable()])));
}

function checkPaths(name: string, state: AslState, env: Env, complain: Complain): void {
  const use = (path: unknown) => {
    if (typeof path === 'string' && !resolve(path, env))
      complain(name, `uses ${path}, which is not assigned on every way here`);
  };
  for (const key of ['ItemsPath', 'SecondsPath', 'ErrorPath', 'CausePath']) use(field(state, key));
  if (stepOf(state) === undefined || field(state, 'ResultPath') !== undefined) use(field(state, 'OutputPath'));
  else if (!outputOf(state)) complain(name, `hands on ${field(state, 'OutputPath')}, which its step does not give`);
  for (const choice of (field(state, 'Choices') ?? []) as { Variable: string }[]) use(choice.Variable);
  const given = flatten((field(state, 'Parameters') ?? field(state, 'ItemSelector') ?? {}) as Record<string, unknown>);
  for (const path of given.paths) if (path !== '$$.Map.Item.Value') use(path);
  const step = stepOf(state);
  if (step && step in contracts) checkParameters(name, step, given.top, complain);
  if (!state.ItemProcessor) return;
  const items = resolve(String(field(state, 'ItemsPath')), env);
  const inner = new Map<string, z.ZodType>();
  for (const [key, path] of Object.entries(given.top)) {
    const type = path === '$$.Map.Item.Value' ? elementOf(items) : resolve(String(path), env);
    if (type) inner.set(key, type);
  }
  checkFlow(
    String(field(state, 'ItemProcessor') && (state['ItemProcessor'] as { StartAt?: string }).StartAt),
    state.ItemProcessor.States,
    inner,
    complain,
  );
}

function checkParameters(name: string, step: StepName, top: Record<string, unknown>, complain: Complain): void {
  const input = contracts[step].input as z.ZodType;
  const options = input instanceof z.ZodDiscriminatedUnion ? (input.options as z.ZodObject[]) : [input as z.ZodObject];
  const shape = options.find(
    (o) => o.shape['outcome'] === undefined || o.shape['outcome'].safeParse(top['outcome']).success,
  )?.shape;
  if (!shape) {
    complain(name, `no input of ${step} has outcome "${top['outcome']}"`);
    return;
  }
  for (const key of Object.keys(top))
    if (!(key in shape)) complain(name, `gives ${step} a parameter "${key}" that it does not take`);
  for (const [key, type] of Object.entries(shape)) {
    if (!(key in top) && !(type as z.ZodType).safeParse(undefined).success)
      complain(name, `does not give ${step} its parameter "${key}"`);
  }
}

/** Parameter names without `.$`, and every path used anywhere below. */
function flatten(parameters: Record<string, unknown>): { top: Record<string, unknown>; paths: string[] } {
  const top: Record<string, unknown> = {};
  const paths: string[] = [];
  for (const [key, value] of Object.entries(parameters)) {
    top[key.replace(/\.\$$/, '')] = value;
    if (key.endsWith('.$')) paths.push(String(value));
    else if (value && typeof value === 'object') paths.push(...flatten(value as Record<string, unknown>).paths);
  }
  return { top, paths };
}

/** The type a path leads to, or undefined when it leads nowhere. */
function resolve(path: string, env: Env): z.ZodType | undefined {
  if (path.startsWith('$$')) return CONTEXT.get(path);
  if (path === '$') return z.unknown();
  const [root, ...rest] = path.slice(2).split('.');
  return rest.reduce<z.ZodType | undefined>(
    (type, key) => {
      const shape = type instanceof z.ZodObject ? (type.shape as Record<string, z.ZodType>) : undefined;
      return shape?.[key];
    },
    env.get(root ?? ''),
  );
}

function elementOf(type: z.ZodType | undefined): z.ZodType | undefined {
  return type instanceof z.ZodArray ? (type.element as z.ZodType) : undefined;
}

/**
 * Whatever is caught must end in a Fail: a clean-up that ends well must not make a failed run look like a good one.
 * Two ways may go on: errors that are caught by name, for which there is another way to the same end, and a failure that
 * is handed to the next state beside the real one.
 */
function checkFailurePaths(states: Definition['States'], complain: Complain): void {
  for (const [name, state] of Object.entries(states)) {
    for (const { ErrorEquals, Next, ResultPath = '' } of (field(state, 'Catch') ?? []) as Catcher[]) {
      if (!ErrorEquals.includes('States.ALL')) continue;
      const handedOn = Object.values((states[Next]?.['Parameters'] ?? {}) as object).includes(ResultPath);
      if (handedOn && ResultPath !== '$.failure') continue;
      for (const end of endsFrom(Next, states)) {
        if (states[end]?.Type !== 'Fail') complain(name, `what it catches can end in ${end}, which is no Fail`);
      }
    }
  }
}

/**
 * A round of a Map may catch a failure and go on: then it has to be handed to whoever says how the round went. And all
 * ways out of a round hand back the same thing.
 */
function checkRounds(states: Definition['States'], complain: Complain): void {
  for (const [name, state] of Object.entries(states)) {
    for (const { Next, ResultPath = '' } of (field(state, 'Catch') ?? []) as Catcher[]) {
      const given = Object.values((states[Next]?.['Parameters'] ?? {}) as object).map(String);
      if (ResultPath === '' || !given.some((path) => path === ResultPath || path.startsWith(`${ResultPath}.`)))
        complain(name, `what it catches is not handed to ${Next}`);
    }
  }
  const ends = Object.entries(states).filter(([, state]) => state['End'] === true);
  const schema = ends.map(([, state]) => stepOf(state)).find((step) => step !== undefined);
  for (const [name, state] of ends) {
    const step = stepOf(state);
    if (step !== undefined && schema !== undefined && contracts[step].output !== contracts[schema].output)
      complain(name, `ends a round with something else than ${schema} does`);
    if (step !== undefined || schema === undefined) continue;
    const { top } = flatten((field(state, 'Parameters') ?? {}) as Record<string, unknown>);
    const fields = Object.keys((contracts[schema].output as unknown as z.ZodObject).shape);
    const unknown = Object.keys(top).filter((key) => !fields.includes(key));
    if (unknown.length > 0) complain(name, `ends a round with ${unknown.join(', ')}, which ${schema} does not give`);
  }
}

function endsFrom(start: string, states: Definition['States'], seen = new Set<string>()): string[] {
  const state = states[start];
  if (!state || seen.has(start)) return [];
  seen.add(start);
  const next = nextStates(state);
  return next.length === 0 ? [start] : next.flatMap((name) => endsFrom(name, states, seen));
}

function normalNext(state: AslState): string[] {
  const choices = ((field(state, 'Choices') ?? []) as { Next: string }[]).map((choice) => choice.Next);
  return [field(state, 'Next'), field(state, 'Default'), ...choices].filter((n): n is string => typeof n === 'string');
}

function nextStates(state: AslState): string[] {
  return [...normalNext(state), ...((field(state, 'Catch') ?? []) as Catcher[]).map((c) => c.Next)];
}
