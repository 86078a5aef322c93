import type { MachineName } from '../../lib/base/machine-names.ts';
import type { StepName } from '../../lib/base/step-names.ts';
import { allStates, loadMachine, stepOf } from '../../lib/workflow/definition.ts';
import { DeployedWorld } from './deployed-world.ts';

export type Reply = { readonly output: unknown } | { readonly error: string };
export type Replies = Partial<Record<StepName, Reply[]>>;
export type Recorded = Record<MachineName, { readonly input: object; readonly replies: Replies }>;

/** What each step has answered in executions of the real steps, in their order. */
export async function recordReplies(): Promise<Recorded> {
  const world = await DeployedWorld.start();
  try {
    for (const line of ['export --manager m1', 'restore --manager m2 --source-manager m1 --drill', 'verify --all'])
      if ((await world.offsite(`${line} --wait`)).code !== 0) throw new Error(`${line} has failed`);
    const of = (machine: MachineName) => {
      const execution = world.sfn.executions.find((one) => one.machine === `offsite-${machine}`);
      const states = new Map([...allStates(loadMachine(machine).States)]);
      const replies: Replies = {};
      for (const event of execution?.events ?? []) {
        const { output } = (event['lambdaFunctionSucceededEventDetails'] ?? {}) as { output?: string };
        if (event.type !== 'LambdaFunctionSucceeded' || output === undefined) continue;
        const step = stepOf(states.get(stateOf(event, execution?.events ?? [])) ?? { Resource: '' });
        if (step) replies[step] = [...(replies[step] ?? []), { output: JSON.parse(output) }];
      }
      return { input: JSON.parse(execution?.input ?? '{}') as object, replies };
    };
    const said = [{ output: { outcome: 'clean' } }];
    return {
      ...{ export: of('export'), restore: of('restore'), verify: of('verify') },
      reconcile: { input: { manager: 'm1' }, replies: { TidyManager: said, Reconcile: said } },
      approve: { input: {}, replies: { ApproveRestore: said } },
      decide: { input: {}, replies: { RecordDecision: said } },
      report: { input: {}, replies: { WriteReport: said } },
      diagnose: { input: {}, replies: { Diagnose: said } },
      digest: { input: {}, replies: { SendDigest: said } },
    };
  } finally {
    await world.stop();
  }
}

type Event = {
  readonly id: number;
  readonly type: string;
  readonly previousEventId?: number;
  [field: string]: unknown;
};

/** The state that an event belongs to: the last that was entered on the way to it. */
function stateOf(event: Event, all: readonly Event[]): string {
  const { name } = (event['stateEnteredEventDetails'] ?? {}) as { name?: string };
  if (name !== undefined) return name;
  const before = all.find(({ id }) => id === event.previousEventId);
  return before ? stateOf(before, all) : '';
}
