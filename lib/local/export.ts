import type { S3Client } from '@aws-sdk/client-s3';
import { systemClock } from '../clock.ts';
import type { ExportInput, Run, RunReport } from '../contracts.ts';
import type { ManagerSecretFields } from '../manager/secret.ts';
import { recordedArchive } from '../recorded.ts';
import type { Redactor } from '../redact.ts';
import type { Settings } from '../settings.ts';
import type { Clock, Deps, Log, Progress } from '../step.ts';
import { type LocalParts, localDeps } from './deps.ts';
import { beginExecution, endExecution } from './executions.ts';
import { type Handler, handlersOf } from './handlers.ts';
import { atMost } from './limit.ts';
import { allStates, type Definition, loadMachine, type MachineEvent, type Outcome, startMachine } from './machine.ts';

export interface LocalExport {
  readonly input: ExportInput;
  readonly secret: ManagerSecretFields;
  readonly s3: S3Client;
  readonly bucket: string;
  readonly redactor: Redactor;
  /** Aborted when a person stops the run: it cleans up after itself, then ends as `Interrupted`. */
  readonly interrupt: AbortSignal;
  readonly settings?: Partial<Settings>;
  readonly clock?: Clock;
  readonly log?: Log;
  readonly progress?: Progress;
  readonly onEvent?: (event: MachineEvent) => void;
}

export type ExportResult = RunReport | { readonly outcome: 'duplicate'; readonly run: Run; readonly verified: boolean };

/** Runs the export machine in this process, with the deployed handlers, to its end. Never throws for a failed run. */
export async function runExport(options: LocalExport): Promise<ExportResult> {
  const id = beginExecution();
  const stop = new AbortController();
  const clock = options.clock ?? systemClock;
  const parts: LocalParts = { ...options, clock, signal: stop.signal };
  const deps = localDeps(parts);
  const startTime = clock.now().toISOString();
  // The interpreter's own start time is the wall clock's; the slot is named by ours.
  const input = { scheduledTime: startTime, ...options.input };
  try {
    const watch = new Watch(inOneProcess(handlersOf(deps)));
    const { onEvent } = options;
    const machine = startMachine(withoutLambdaLimits(await loadMachine('export')), {
      executionId: id,
      input,
      handlers: watch.handlers,
      sleep: (milliseconds) => clock.sleep(milliseconds, stop.signal),
      ...(onEvent ? { onEvent } : {}),
    });
    const interrupt = () => {
      machine.abort();
      stop.abort();
    };
    options.interrupt.addEventListener('abort', interrupt, { once: true });
    if (options.interrupt.aborted) interrupt();
    const outcome = await machine.result;
    options.interrupt.removeEventListener('abort', interrupt);
    if (!stop.signal.aborted) return watch.report ?? (await resultOf(outcome, input.manager, id, deps));
    await watch.idle();
    return await afterInterrupt(parts, { id, startTime }, input);
  } finally {
    endExecution(id);
    await deps.close();
  }
}

/**
 * Lambda's 15 minutes are no limit here, and the steps that share one line and one CPU would meet it by waiting for each
 * other. A day is what the interpreter needs as a number; the steps' own time-outs for silence still end what hangs.
 */
function withoutLambdaLimits(definition: Definition): Definition {
  const copy = structuredClone(definition) as { States: Record<string, Record<string, unknown>> };
  for (const [, state] of allStates(copy.States as unknown as Definition['States'])) {
    if ('TimeoutSeconds' in state) Object.assign(state, { TimeoutSeconds: 86_400 });
  }
  return copy as unknown as Definition;
}

/** Functions have a process and a CPU each; here ten that verify at once would only take ten times the memory. */
function inOneProcess(handlers: ReturnType<typeof handlersOf>): ReturnType<typeof handlersOf> {
  return { ...handlers, VerifySpan: atMost(1, handlers.VerifySpan) };
}

/** Knows which steps are under way, and what ReportRun reported. */
class Watch {
  readonly handlers: ReturnType<typeof handlersOf>;
  readonly #running = new Set<Promise<unknown>>();
  report: RunReport | undefined;

  constructor(handlers: ReturnType<typeof handlersOf>) {
    const watched = Object.entries(handlers).map(([name, handler]) => [name, this.#watch(name, handler)]);
    this.handlers = Object.fromEntries(watched) as ReturnType<typeof handlersOf>;
  }

  #watch(name: string, handler: Handler): Handler {
    return async (event) => {
      const running = handler(event);
      this.#running.add(running);
      try {
        const result = await running;
        if (name === 'ReportRun') this.report = result as RunReport;
        return result;
      } finally {
        this.#running.delete(running);
      }
    };
  }

  async idle(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}

/** Of a machine that ended without a report: as a duplicate, or before it could say anything. */
async function resultOf(outcome: Outcome, manager: string, execution: string, deps: Deps): Promise<ExportResult> {
  if (outcome.status === 'SUCCEEDED') {
    const { run } = outcome.output as { run: Run };
    return { outcome: 'duplicate', run, verified: (await recordedArchive(run, deps)) !== undefined };
  }
  return {
    outcome: 'failed',
    error: outcome.error,
    message: outcome.cause,
    manager,
    snapshot: null,
    execution,
    archive: null,
    notes: [],
    finishedAt: deps.clock.now().toISOString(),
  };
}

/** What the machine's own clean-up states would do, with fresh connections: the run's own are aborted. */
async function afterInterrupt(parts: LocalParts, execution: { id: string; startTime: string }, input: unknown) {
  const deps = localDeps({ ...parts, signal: new AbortController().signal });
  const handlers = handlersOf(deps);
  const failure = { Error: 'Interrupted', Cause: 'The run was interrupted before it was over.' };
  try {
    const cleanUp = await handlers.CleanUp({ input, execution, failure }).catch((error: Error) => ({
      Error: error.name,
      Cause: error.message,
    }));
    return (await handlers.ReportRun({ outcome: 'failed', input, execution, failure, cleanUp })) as RunReport;
  } finally {
    await deps.close();
  }
}
