import type { Progress } from '../../base/ports.ts';
import type { MachineEvent } from '../../workflow/definition.ts';
import { formatBytes, formatSeconds, type Terminal } from '../usage.ts';
import { movingLine, waitingLine } from './progress-line.ts';
import { AFTER_FAILURE, requestOf, statusOf, totalOf, WORDS } from './progress-words.ts';
import { type Style, styleOf } from './terminal-style.ts';

/** 10 pictures a second are enough for an eye and cost nothing. */
const REDRAW_MS = 100;
/** While nothing moves the time does, so that a person sees that we are still there. */
const TICK_MS = 1000;

/** Their error is that of the run, which the command prints at its end. */
const ENDS: ReadonlySet<string> = new Set(['Failed', 'FailedUnreported', 'NotWhole']);

/**
 * Shows how far a run is: on a terminal one line that is drawn over (with a bar while bytes move), elsewhere one plain
 * line per state.
 */
export class ProgressDisplay implements Progress {
  readonly #err: Terminal['err'];
  readonly #now: () => number;
  readonly #style: Style;
  #state = '';
  #enteredAt = 0;
  #total = 0;
  #done = 0;
  #drawnAt = 0;
  #open = false;
  #status = '';
  #ticker: NodeJS.Timeout | undefined;
  /** The last failure, until what follows it shows whether the run goes on. */
  #failure: { readonly name: string; readonly error: string; readonly cause: string } | undefined;

  constructor(terminal: Pick<Terminal, 'err' | 'env' | 'isQuiet'>, now: () => number) {
    const isQuiet = terminal.isQuiet === true;
    this.#err = isQuiet ? { write: () => undefined } : terminal.err;
    this.#style = styleOf({ ...terminal, err: this.#err });
    this.#now = now;
  }

  onEvent(event: MachineEvent): void {
    const name = event.state?.name ?? '';
    if (['StateEntered', 'StateFailed', 'StateRetried'].includes(event.type))
      this.#tellFailure(event.type === 'StateEntered' ? name : '');
    if (event.type === 'StateRetried') this.#retry(name, event.retry?.attempt);
    if (event.type === 'StateFailed' && event.Error && !ENDS.has(name))
      this.#failure = { name, error: event.Error, cause: causeOf(event) };
    if (event.type !== 'StateEntered' || !WORDS[name]) return;
    if (name !== this.#state) {
      const request = requestOf(name, event.state?.input);
      if (request) this.#note(request);
      this.#enter(name, totalOf(name, event.state?.input));
    }
    this.#hear(statusOf(name, event.state?.input, this.#now()));
  }

  /** Of a failure that ends the run only its name: the command says at its end what it was. */
  #tellFailure(entered: string): void {
    const { name, error, cause } = this.#failure ?? { name: '', error: '', cause: '' };
    if (this.#failure) this.#note(`${WORDS[name] ?? name}: ${error}${endsRun(name, entered) ? '' : `: ${cause}`}`);
    this.#failure = undefined;
  }

  /** Of work without a state machine: what goes on now, and how many bytes that is about. */
  begin(label: string, total: number): void {
    this.#enter(label, total);
  }

  bytes(_kind: Parameters<Progress['bytes']>[0], count: number): void {
    this.#done += count;
    if (this.#style.isDrawn && this.#now() - this.#drawnAt >= REDRAW_MS) this.#draw();
  }

  /** Finishes the line that is open, as it stands. */
  end(): void {
    if (!this.#open) return;
    this.#draw(true);
    this.#err.write('\n');
    this.#open = false;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  }

  #enter(name: string, total: number): void {
    // The bytes between members are not counted as verified; whoever goes on has passed all of them.
    if (!AFTER_FAILURE.has(name)) this.#done = this.#total;
    this.end();
    this.#state = name;
    this.#status = '';
    this.#enteredAt = this.#now();
    this.#total = total;
    this.#done = 0;
    if (this.#style.isDrawn) this.#draw();
    else this.#err.write(`${WORDS[name] ?? name}${total ? ` (${formatBytes(total)})` : ''}\n`);
  }

  /** What the manager says while we wait for it. */
  #hear(status: string): void {
    if (status === this.#status) return;
    this.#status = status;
    if (this.#style.isDrawn) this.#draw();
    else this.#note(`${status}, ${formatSeconds((this.#now() - this.#enteredAt) / 1000)}`);
  }

  #retry(name: string, attempt: number | undefined): void {
    this.#note(`${WORDS[name] ?? name}: trying again (attempt ${attempt ?? '?'})`);
    // Parts that are stored stay stored; a stream begins anew.
    if (name === 'UploadArchive' || name === 'StreamArchive') this.#done = 0;
  }

  #note(text: string): void {
    this.end();
    this.#err.write(`  ${text}\n`);
  }

  #draw(finished = false): void {
    this.#drawnAt = this.#now();
    const width = (this.#err.columns || 100) - 1;
    const line = this.#line(width, finished);
    // Without escape codes blanks cover what the line before had.
    const clear = this.#style.hasEscapes ? '\u001b[2K' : `${' '.repeat(width)}\r`;
    this.#err.write(`\r${clear}${line}`);
    this.#open = true;
    // Never what keeps the process alive.
    if (!finished) this.#ticker ??= setInterval(() => this.#draw(), TICK_MS).unref();
  }

  #line(width: number, isFinished: boolean): string {
    const seconds = (this.#drawnAt - this.#enteredAt) / 1000;
    const label = WORDS[this.#state] ?? this.#state;
    const [done, total] = [this.#done, this.#total];
    if (total > 0) return movingLine({ label, done, total, seconds, isFinished }, width, this.#style);
    return waitingLine(label, this.#elapsed(seconds, isFinished), width, this.#style);
  }

  #elapsed(seconds: number, finished: boolean): string {
    if (finished) return formatSeconds(seconds);
    const elapsed = seconds < 1 ? (this.#style.hasBlocks ? '…' : '...') : formatSeconds(seconds);
    return this.#status ? `${elapsed}, ${this.#status}` : elapsed;
  }
}

/** A clean-up that fails is told in full, and so is what a stream takes the place of. */
const endsRun = (failed: string, entered: string): boolean =>
  entered !== 'StreamArchive' && AFTER_FAILURE.has(entered) && !AFTER_FAILURE.has(failed);

function causeOf(event: MachineEvent): string {
  return event.Cause instanceof Error ? event.Cause.message : String(event.Cause ?? '');
}
