import { minutes, seconds } from '../base/durations.ts';
import type { Clock, Progress } from '../base/ports.ts';
import type { MachineEvent } from '../workflow/definition.ts';
import { AwsUnavailable } from './errors.ts';
import { ExecutionCourse, type ExecutionEnd, endOf } from './execution-course.ts';
import { History } from './history.ts';
import type { StepFunctions } from './step-functions.ts';

/** One request each; the account has 20 a second for all who follow something (aws: Step Functions quotas). */
const LOOK_MS = seconds(3);
/** While AWS does not answer: longer and longer, up to this. */
const MOST_MS = minutes(1);
/** A person's connection may be away for a while; the execution is not. */
const PATIENCE_MS = minutes(15);

/** Looks between two questions for the status: a history that lacks its last event must not be watched for ever. */
const LOOKS_PER_STATUS = 20;

/** Who is shown what happens. */
interface Watcher extends Progress {
  onEvent(event: MachineEvent): void;
}

export interface Following {
  readonly sfn: StepFunctions;
  readonly clock: Clock;
  /** Aborted by who does not want to watch any more. */
  readonly signal: AbortSignal;
  /** Is told the time by which it shows, so that what has been going on for an hour is shown so. */
  readonly watcher: (now: () => number) => Watcher;
  /** Bytes in storage of the upload that a copying state is at; undefined: nobody can tell. */
  readonly uploaded: (input: unknown) => Promise<number | undefined>;
}

/**
 * Shows an execution from its beginning until it has ended. Undefined when the person has left before: the execution goes
 * on. Throws `ExecutionNotFound`, `AwsRefused`, `AwsUnavailable` (after 15 minutes without an answer).
 */
export async function follow(
  arn: string,
  { sfn, clock, signal, watcher, uploaded }: Following,
): Promise<ExecutionEnd | undefined> {
  let at: number | undefined;
  const shown = watcher(() => at ?? clock.now().getTime());
  const course = new ExecutionCourse((event) => shown.onEvent(event));
  const bytes = new ByteCount(course, shown, uploaded);
  const history = new History(arn, sfn);
  const silence = new Silence(clock);
  for (let look = 1; !signal.aborted; look++) {
    try {
      for await (const event of history.news()) {
        at = event.timestamp?.getTime();
        course.take(event);
      }
      if (course.ended) return course.ended;
      at = undefined;
      silence.isOver();
      const ended = look % LOOKS_PER_STATUS === 0 ? endOf(await sfn.describe(arn)) : undefined;
      if (ended) return { ...ended, report: course.report };
      await bytes.look();
    } catch (error) {
      if (signal.aborted) return undefined;
      at = undefined;
      silence.bear(error);
    }
    await clock.sleep(silence.wait, signal).catch(() => undefined);
  }
  return undefined;
}

/** How long AWS has not answered, and how long to wait for it. */
class Silence {
  readonly #clock: Clock;
  #since: number | undefined;
  wait = LOOK_MS;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isOver(): void {
    this.#since = undefined;
    this.wait = LOOK_MS;
  }

  /** Throws the error when it will not pass, or has lasted too long. */
  bear(error: unknown): void {
    const now = this.#clock.now().getTime();
    this.#since ??= now;
    if (!(error instanceof AwsUnavailable) || now - this.#since > PATIENCE_MS) throw error;
    this.wait = Math.min(this.wait * 2, MOST_MS);
  }
}

/** Turns what storage or the history say of a state's bytes into what was added since the last look. */
class ByteCount {
  readonly #course: ExecutionCourse;
  readonly #progress: Progress;
  readonly #uploaded: Following['uploaded'];
  #state: unknown;
  #told = 0;

  constructor(course: ExecutionCourse, progress: Progress, uploaded: Following['uploaded']) {
    this.#course = course;
    this.#progress = progress;
    this.#uploaded = uploaded;
  }

  async look(): Promise<void> {
    const { state, iterations } = this.#course;
    if (state !== this.#state) [this.#state, this.#told] = [state, 0];
    if (state?.name === 'CopySpans') this.#tell('copied', await this.#uploaded(state.input));
    if (state?.name === 'VerifySpans' && iterations) {
      // What a span has verified is known when it is through; spans are of about the same size.
      this.#tell('verified', Math.floor((sizeOf(state.input) * iterations.done) / Math.max(1, iterations.total)));
    }
  }

  #tell(kind: 'copied' | 'verified', bytes: number | undefined): void {
    if (bytes === undefined || bytes <= this.#told) return;
    this.#progress.bytes(kind, bytes - this.#told);
    this.#told = bytes;
  }
}

function sizeOf(input: unknown): number {
  return (input as { stored?: { size?: number } } | undefined)?.stored?.size ?? 0;
}
