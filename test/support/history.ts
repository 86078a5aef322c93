import type { MachineEvent } from '../../lib/workflow/definition.ts';

/** Events that Step Functions writes for entering and leaving a state, and for what lies between (Map: its start and end). */
const OF_STATE: Readonly<Record<string, number>> = {
  Task: 2,
  Wait: 2,
  Choice: 2,
  Pass: 2,
  Succeed: 2,
  Fail: 1,
  Map: 4,
};
/** LambdaFunctionScheduled, LambdaFunctionStarted, LambdaFunctionSucceeded or LambdaFunctionFailed. */
const OF_ATTEMPT = 3;
/** MapIterationStarted, MapIterationSucceeded. */
const OF_ITERATION = 2;

/** How many events the history of this execution has on AWS; the limit is 25,000. */
export function historyLength(events: readonly MachineEvent[]): number {
  let count = 2; // ExecutionStarted and its end
  for (const { type, state } of events) {
    if (type === 'StateEntered')
      count += (OF_STATE[state?.type ?? ''] ?? 0) + (state?.type === 'Task' ? OF_ATTEMPT : 0);
    if (type === 'StateRetried') count += OF_ATTEMPT;
    if (type === 'MapIterationStarted') count += OF_ITERATION;
  }
  return count;
}

export interface Payload {
  readonly state: string;
  readonly bytes: number;
}

/** The largest input or output of each state, largest first; the limit is 262,144 bytes. */
export function payloads(events: readonly MachineEvent[]): Payload[] {
  const largest = new Map<string, number>();
  for (const { state } of events) {
    if (!state) continue;
    for (const value of [state.input, (state as { output?: unknown }).output]) {
      const bytes = Buffer.byteLength(JSON.stringify(value ?? null));
      largest.set(state.name, Math.max(bytes, largest.get(state.name) ?? 0));
    }
  }
  return [...largest].map(([state, bytes]) => ({ state, bytes })).sort((a, b) => b.bytes - a.bytes);
}
