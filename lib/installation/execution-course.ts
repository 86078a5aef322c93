import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { messageOf } from '../base/failure-text.ts';
import type { MachineEvent } from '../workflow/definition.ts';
import { jsonOf } from './json.ts';
import type { Described } from './step-functions.ts';

/** How an execution ended, and what it reported before that. */
export interface ExecutionEnd {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly output?: unknown;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  /** What its report step said; undefined when it did not come so far. */
  readonly report?: unknown;
}

/** The same from what AWS says of an execution without its history; undefined while it runs. */
export function endOf(described: Described | undefined): ExecutionEnd | undefined {
  const { status, output, error, cause } = described ?? {};
  if (status !== 'SUCCEEDED' && status !== 'FAILED' && status !== 'TIMED_OUT' && status !== 'ABORTED') return undefined;
  return { status, output: jsonOf(output), error, cause };
}

/** The Map state that is under way. */
interface Iterations {
  readonly total: number;
  done: number;
}

/** Attempts of one visit to a state, under the id of the event of entering it. */
interface Visit {
  readonly name: string;
  attempts: number;
}

/** Reads the events of a history as a person follows a run: in the words that a run on this machine is shown in. */
export class ExecutionCourse {
  readonly #show: (event: MachineEvent) => void;
  readonly #visits = new Map<number, Visit>();
  /** Of every event the event by which its state was entered: iterations of a Map are interleaved. */
  readonly #visitOf = new Map<number, number>();
  /** What its report step has said so far. */
  report: unknown;
  #ended: ExecutionEnd | undefined;
  /** Name and input of the state that was entered last and stands in the machine itself, not in a Map. */
  state: { readonly name: string; readonly input: unknown } | undefined;
  iterations: Iterations | undefined;

  constructor(show: (event: MachineEvent) => void) {
    this.#show = show;
  }

  get ended(): ExecutionEnd | undefined {
    return this.#ended && { ...this.#ended, report: this.report };
  }

  take(event: HistoryEvent): void {
    const { id = 0, previousEventId = 0 } = event;
    const type: string = event.type ?? '';
    const visit = type.endsWith('StateEntered') ? id : this.#visitOf.get(previousEventId);
    if (visit !== undefined) this.#visitOf.set(id, visit);
    if (type.endsWith('StateEntered')) this.#enter(id, event);
    else if (type.endsWith('StateExited')) this.#exit(event);
    else if (type.startsWith('Map')) this.#map(event);
    else if (type.startsWith('Execution')) this.#end(event);
    else this.#attempt(event, visit === undefined ? undefined : this.#visits.get(visit));
  }

  #enter(id: number, { type, stateEnteredEventDetails: entered }: HistoryEvent): void {
    const name = entered?.name ?? '';
    const input = jsonOf(entered?.input);
    this.#visits.set(id, { name, attempts: 0 });
    if (!this.iterations) this.state = { name, input };
    this.#show({ type: 'StateEntered', state: { name, type: String(type).replace('StateEntered', ''), input } });
  }

  #exit({ type, stateExitedEventDetails: exited }: HistoryEvent): void {
    if (type === 'MapStateExited') this.iterations = undefined;
    if (!exited?.name?.startsWith('Report')) return;
    this.report = (jsonOf(exited.output) as { report?: unknown } | undefined)?.report ?? this.report;
  }

  #map({ type, mapStateStartedEventDetails: started }: HistoryEvent): void {
    if (type === 'MapStateStarted') this.iterations = { total: started?.length ?? 0, done: 0 };
    if (type === 'MapIterationSucceeded' && this.iterations) this.iterations.done += 1;
    if (type === 'MapStateFailed' || type === 'MapStateAborted') this.iterations = undefined;
  }

  /** An attempt at a step that begins or fails. */
  #attempt(event: HistoryEvent, visit: Visit | undefined): void {
    if (!visit) return;
    const state = { name: visit.name, type: 'Task' };
    if (event.type === 'LambdaFunctionScheduled' || event.type === 'TaskScheduled') {
      if (visit.attempts > 0) this.#show({ type: 'StateRetried', state, retry: { attempt: visit.attempts } });
      visit.attempts += 1;
    }
    const failure = failureIn(event);
    if (failure) this.#show({ type: 'StateFailed', state, Error: failure.Error, Cause: messageOf(failure) });
  }

  #end(event: HistoryEvent): void {
    switch (event.type) {
      case 'ExecutionSucceeded':
        this.#ended = { status: 'SUCCEEDED', output: jsonOf(event.executionSucceededEventDetails?.output) };
        break;
      case 'ExecutionFailed':
        this.#ended = { status: 'FAILED', ...event.executionFailedEventDetails };
        break;
      case 'ExecutionTimedOut':
        this.#ended = { status: 'TIMED_OUT', ...event.executionTimedOutEventDetails };
        break;
      case 'ExecutionAborted':
        this.#ended = { status: 'ABORTED', ...event.executionAbortedEventDetails };
        break;
      case 'ExecutionRedriven':
        this.#ended = undefined;
    }
  }
}

/** Error and message of an attempt that failed, whichever way. */
function failureIn(event: HistoryEvent): { Error: string; Cause: string } | undefined {
  const details =
    event.lambdaFunctionFailedEventDetails ??
    event.lambdaFunctionTimedOutEventDetails ??
    event.lambdaFunctionScheduleFailedEventDetails ??
    event.lambdaFunctionStartFailedEventDetails ??
    event.taskFailedEventDetails ??
    event.taskTimedOutEventDetails;
  return details && { Error: details.error ?? 'States.Timeout', Cause: details.cause ?? '' };
}
