import { StateMachine } from 'aws-local-stepfunctions';
import type { MachineName } from '../../lib/base/machine-names.ts';
import type { StepName } from '../../lib/base/step-names.ts';
import { allStates, loadMachine, stepOf, withArns } from '../../lib/workflow/definition.ts';
import type { Recorded } from './recorded-replies.ts';

type Input = Record<string, unknown>;
type Failure = { readonly Error: string };
/** An answer, or a throw, in the place of a state. */
export type Play = (input: Input, call: number) => unknown;

export interface Played {
  /** `SUCCEEDED`, or the error that the execution ended with. */
  readonly end: string;
  /** What each state that calls a function was called with, in order. */
  readonly calls: ReadonlyMap<string, readonly Input[]>;
}

/** As Step Functions names what a function has thrown. */
export function fails(name: string): Play {
  return () => {
    throw Object.assign(new Error(`${name} was planted`), { name });
  };
}

/** Waits and the times between attempts are nothing. */
const AT_ONCE = new Proxy({}, { get: () => 0 });

/** Runs a machine with what its steps have answered once; `plays` stand in for the states that they are named after. */
export async function play(machine: MachineName, recorded: Recorded, plays: Record<string, Play>): Promise<Played> {
  const { input, replies } = recorded[machine];
  const definition = loadMachine(machine);
  const calls = new Map<string, Input[]>();
  const answered = new Map<StepName, number>();
  const next = (step: StepName) => {
    const [all, at] = [replies[step] ?? [], answered.get(step) ?? 0];
    answered.set(step, at + 1);
    const reply = all[Math.min(at, all.length - 1)];
    return reply && 'output' in reply ? reply.output : {};
  };
  const handlers = [...allStates(definition.States)].flatMap(([name, state]) => {
    const step = stepOf(state) as StepName | undefined;
    if (step === undefined) return [];
    const handler = async (given: Input) => {
      const soFar = [...(calls.get(name) ?? []), given];
      calls.set(name, soFar);
      const asRecorded: Play = (one, call) => REPORTS[step]?.(one, call) ?? next(step);
      return (plays[name] ?? asRecorded)(given, soFar.length);
    };
    return [[name, handler] as const];
  });
  const execution = compiled(machine).run(input as never, {
    overrides: {
      taskResourceLocalHandlers: Object.fromEntries(handlers) as never,
      retryIntervalOverrides: AT_ONCE,
      waitTimeOverrides: AT_ONCE,
    },
    context: { Execution: { Id: 'played', StartTime: '2026-12-01T00:00:00Z' } } as never,
  });
  const end = await execution.result.then(
    () => 'SUCCEEDED',
    (error: { readonly cause?: Error }) => (error.cause ?? (error as Error)).name,
  );
  return { end, calls };
}

const machines = new Map<MachineName, StateMachine>();

/** Checking a definition takes longer than a run: once for each. */
function compiled(machine: MachineName): StateMachine {
  const arnOf = (step: string) => `arn:aws:lambda:eu-central-1:111122223333:function:${step}`;
  const made = machines.get(machine) ?? new StateMachine(withArns(loadMachine(machine), arnOf) as never);
  machines.set(machine, made);
  return made;
}

/** A report of a failure says which; that of a success is as it was recorded. */
const failed: Play = ({ outcome, failure }) =>
  outcome === 'failed' ? { outcome, error: (failure as Failure).Error, message: '' } : undefined;

const REPORTS: Partial<Record<StepName, Play>> = {
  ReportRun: failed,
  ReportRestore: failed,
  MarkArchive: ({ outcome, failure }) =>
    outcome === 'failed' ? { verdict: 'unread', bytes: 0, error: (failure as Failure).Error } : undefined,
  ReportVerification: (input, call) => {
    const bad = ((input['verdicts'] ?? []) as { error?: string }[]).find(({ error }) => error !== undefined);
    return bad ? { outcome: 'failed', error: bad.error, message: '' } : failed(input, call);
  },
};
