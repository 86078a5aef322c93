import type { StepName } from '../../lib/base/step-names.ts';
import type { StepHandler } from '../../lib/local/handlers.ts';
import { allStates, type Definition } from '../../lib/workflow/definition.ts';
import type { VirtualClock } from './clock.ts';

export interface Kill {
  readonly step: StepName;
  /** Before the step did anything, or after all of it, when only its answer is lost. */
  readonly when: 'before' | 'after';
  /** Which call of the step, from 1. */
  readonly call?: number;
}

/** Steps before which a Wait state stands, and the parameter that says how long it is. */
const WAITS: Partial<Record<StepName, string>> = { CheckSnapshot: 'creation', CheckRestore: 'restoring' };

/** Steps of which several are at work at once. */
const SPANS: ReadonlySet<StepName> = new Set(['CopySpan', 'VerifySpan'] as const);

/** Where a run is broken on purpose. */
export interface Hooks {
  readonly kill?: Kill | undefined;
  /** Called before each call of a step: the place to break something "now". */
  readonly before?: ((step: StepName, call: number) => void | Promise<void>) | undefined;
  /** Called when a step has done its work, before anybody hears of it: the place to lose its answer. */
  readonly after?: ((step: StepName, call: number) => void | Promise<void>) | undefined;
}

/** The steps of one execution in virtual time: waits and retries advance the clock instead of passing time. */
export class VirtualRun {
  readonly #definition: Definition;
  readonly #clock: VirtualClock;
  readonly #hooks: Hooks;
  readonly #onKill: () => void;
  readonly #calls = new Map<StepName, number>();
  readonly #retries = new Map<string, number>();
  /** What the last CheckApproval said: its seconds are in the state, and not handed to it. */
  #untilApproval = 0;
  readonly #running = new Set<Promise<unknown>>();
  #checkFailed = false;
  #isDead = false;
  /** The step that was called last, but for spans that are tried again after another of them has ended the copy. */
  step: StepName | undefined;
  isOver = false;

  constructor(definition: Definition, clock: VirtualClock, hooks: Hooks, onKill: () => void) {
    this.#definition = definition;
    this.#clock = clock;
    this.#hooks = hooks;
    this.#onKill = onKill;
  }

  wrap(handlers: Record<StepName, StepHandler>): Record<StepName, StepHandler> {
    const wrapped = Object.entries(handlers).map(([name, handler]) => [name, this.#wrapped(name as StepName, handler)]);
    return Object.fromEntries(wrapped) as Record<StepName, StepHandler>;
  }

  /** As `kill -9`: nothing of this run happens any more. */
  kill(): void {
    this.#isDead = true;
    this.#onKill();
  }

  /** When no step is under way: other spans go on for a while after one of them has failed. */
  async end(): Promise<void> {
    this.isOver = true;
    do {
      await Promise.allSettled(this.#running);
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#running.size > 0);
  }

  #wrapped(step: StepName, handler: StepHandler): StepHandler {
    return async (event) => {
      const call = (this.#calls.get(step) ?? 0) + 1;
      this.#calls.set(step, call);
      if (!(SPANS.has(step) && this.#calls.has('RemoveUnverified'))) this.step = step;
      this.#passWait(step, event);
      const { kill, before, after } = this.#hooks;
      const death = kill?.step === step && (kill.call ?? 1) === call ? kill.when : undefined;
      if (death === 'before') this.kill();
      if (!this.#isDead) await before?.(step, call);
      if (this.#isDead) return await never();
      const result = this.#tracked(step, handler, event);
      await result.catch(() => undefined);
      if (death === 'after') this.kill();
      else if (!this.#isDead) await after?.(step, call);
      return this.#isDead ? await never() : await result;
    };
  }

  async #tracked(step: StepName, handler: StepHandler, event: unknown): Promise<unknown> {
    const running = handler(event);
    this.#running.add(running);
    try {
      const result = await running;
      if (step === 'CheckApproval') this.#untilApproval = (result as { waitSeconds: number }).waitSeconds;
      return result;
    } catch (error) {
      if (!this.#isDead) {
        if (step in WAITS) this.#checkFailed = true;
        this.#clock.advance(this.#retryDelay(step, event, error as Error));
      }
      throw error;
    } finally {
      this.#running.delete(running);
    }
  }

  /** The Wait state before it takes no time: the clock jumps here. A retried look was not waited for. */
  #passWait(step: StepName, event: unknown): void {
    if (step === 'CheckApproval') {
      this.#clock.advance(this.#untilApproval);
      this.#untilApproval = 0;
    }
    const field = WAITS[step];
    if (field === undefined) return;
    const seconds = (event as Record<string, { waitSeconds: number }>)[field]?.waitSeconds ?? 0;
    if (!this.#checkFailed) this.#clock.advance(seconds);
    this.#checkFailed = false;
  }

  /** Seconds that Step Functions would wait before the next attempt; 0 when there is none. Jitter left out: the longest. */
  #retryDelay(step: StepName, event: unknown, error: Error): number {
    const [index, rule] =
      retriersOf(this.#definition, step).find(([, one]) => one.ErrorEquals.includes(error.name)) ?? [];
    if (!rule) return 0;
    const key = `${index} ${step} ${JSON.stringify(event)}`;
    const attempt = this.#retries.get(key) ?? 0;
    this.#retries.set(key, attempt + 1);
    return attempt < rule.MaxAttempts ? delayOf(rule, attempt) : 0;
  }
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds: number;
  readonly MaxAttempts: number;
  readonly BackoffRate: number;
  readonly MaxDelaySeconds?: number;
}

/** Seconds before attempt `attempt` + 1, from 0. */
export function delayOf({ IntervalSeconds, BackoffRate, MaxDelaySeconds }: Retrier, attempt: number): number {
  return Math.min(IntervalSeconds * BackoffRate ** attempt, MaxDelaySeconds ?? Number.POSITIVE_INFINITY);
}

function retriersOf(definition: Definition, step: StepName): [number, Retrier][] {
  const state = [...allStates(definition.States)].find(([, one]) => one.Resource === `\${${step}}`)?.[1];
  return [...((state?.['Retry'] ?? []) as Retrier[]).entries()];
}

async function never(): Promise<never> {
  return await new Promise<never>(() => undefined);
}
