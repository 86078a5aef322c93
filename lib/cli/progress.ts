import type { MachineEvent } from '../local/machine.ts';
import type { Progress } from '../step.ts';
import { formatBytes, formatSeconds, type Terminal } from './usage.ts';

/** What a state does, for a person who watches. States that say nothing to them are not here. */
const WORDS: Readonly<Record<string, string>> = {
  FindManager: 'Looking for a healthy node',
  CreateSnapshot: 'Asking for a snapshot',
  CheckSnapshot: 'Waiting for the snapshot',
  PlanTransfer: 'Planning the transfer',
  CopySpans: 'Copying to storage',
  CompleteTransfer: 'Completing the archive',
  InspectArchive: 'Reading what is inside',
  VerifySpans: 'Verifying every member',
  RecordArchive: 'Recording the archive',
  PruneManager: 'Tidying the manager',
  CleanUp: 'Cleaning up',
};
const WIDTH = 24;
/** 10 pictures a second are enough for an eye and cost nothing. */
const REDRAW_MS = 100;

/**
 * Shows how far a run is: on a terminal one line that is drawn over (with a bar while bytes move), elsewhere one plain
 * line per state.
 */
export class ProgressDisplay implements Progress {
  readonly #err: Terminal['err'];
  readonly #now: () => number;
  #state = '';
  #enteredAt = 0;
  #total = 0;
  #done = 0;
  #drawnAt = 0;
  #open = false;

  constructor(terminal: Pick<Terminal, 'err'>, now: () => number) {
    this.#err = terminal.err;
    this.#now = now;
  }

  onEvent(event: MachineEvent): void {
    const name = event.state?.name ?? '';
    if (event.type === 'StateRetried')
      this.#note(`${WORDS[name] ?? name}: trying again (attempt ${event.retry?.attempt ?? '?'})`);
    if (event.type === 'StateFailed' && event.Error)
      this.#note(`${WORDS[name] ?? name}: ${event.Error}: ${causeOf(event)}`);
    if (event.type !== 'StateEntered' || !WORDS[name] || name === this.#state) return;
    // The bytes between members are not counted as verified; whoever goes on has passed all of them.
    if (name !== 'CleanUp') this.#done = this.#total;
    this.end();
    this.#state = name;
    this.#enteredAt = this.#now();
    this.#total = totalOf(name, event.state?.input);
    this.#done = 0;
    if (this.#err.isTTY) this.#draw();
    else this.#err.write(`${WORDS[name]}${this.#total ? ` (${formatBytes(this.#total)})` : ''}\n`);
  }

  bytes(_kind: 'copied' | 'verified', count: number): void {
    this.#done += count;
    if (this.#err.isTTY && this.#now() - this.#drawnAt >= REDRAW_MS) this.#draw();
  }

  /** Finishes the line that is open, as it stands. */
  end(): void {
    if (!this.#open) return;
    this.#draw(true);
    this.#err.write('\n');
    this.#open = false;
  }

  #note(text: string): void {
    this.end();
    this.#err.write(`  ${text}\n`);
  }

  #draw(finished = false): void {
    this.#drawnAt = this.#now();
    const seconds = (this.#drawnAt - this.#enteredAt) / 1000;
    const label = (WORDS[this.#state] ?? this.#state).padEnd(27);
    const line =
      this.#total > 0
        ? `${label}${this.#bar(seconds, finished)}`
        : `${label}${finished ? formatSeconds(seconds) : '…'}`;
    this.#err.write(`\r\u001b[2K${line.slice(0, (this.#err.columns ?? 100) - 1)}`);
    this.#open = true;
  }

  #bar(seconds: number, finished: boolean): string {
    const done = Math.min(this.#done, this.#total);
    const filled = Math.round((done / this.#total) * WIDTH);
    const rate = seconds > 0 ? done / seconds : 0;
    const left = rate > 0 && !finished ? `, ${formatSeconds((this.#total - done) / rate)} left` : '';
    const picture = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    return `${picture} ${formatBytes(done)} of ${formatBytes(this.#total)}, ${formatBytes(rate)}/s${left}`;
  }
}

function causeOf(event: MachineEvent): string {
  return event.Cause instanceof Error ? event.Cause.message : String(event.Cause ?? '');
}

function totalOf(state: string, input: unknown): number {
  const known = input as { plan?: { transfer?: { size?: number } }; stored?: { size?: number } } | undefined;
  if (state === 'CopySpans') return known?.plan?.transfer?.size ?? 0;
  return state === 'VerifySpans' ? (known?.stored?.size ?? 0) : 0;
}
