import type { Clock } from '../base/ports.ts';

/** The command line itself is wrong: exit code 2, one line, before anything is touched. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What a command may write to and be stopped by. Handed in, so that tests see what a person would see. */
export interface Terminal {
  readonly out: Stream;
  /** `of`: where lines about one of several managers go, if the stream tells them apart. */
  readonly err: Stream & { of?(manager: string): Terminal['err'] };
  /** No progress, and nothing about what has succeeded. */
  readonly isQuiet?: boolean;
  /** Aborted by Ctrl-C or a polite kill. */
  readonly interrupt: AbortSignal;
  readonly clock: Clock;
  /** Where this machine keeps its signing key and what it knows of others, and another place of the key, if there is one. */
  readonly signing: { readonly stateFolder: string; readonly keyFile?: string | undefined };
  /** Variables of the environment: options that they give, and credentials that a configuration looks for there. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** IANA name of the zone of this machine, for times that a person reads. Default: UTC. */
  readonly timeZone?: string;
  /** Shows a file in the browser; false: there is none. Default: that of the system. */
  readonly show?: (file: string) => Promise<boolean>;
  /** Asks the person, on standard error. Absent when nobody is there. Rejects when the question is interrupted. */
  readonly ask?: (question: string) => Promise<string>;
}

/** Exit codes, the same for every command; documented in README.md and `offsite --help`. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

export const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** `1.4 GiB` */
export function formatBytes(bytes: number): string {
  const unit = ['B', 'KiB', 'MiB', 'GiB', 'TiB'].findLast((name) => bytes >= (UNITS[name] ?? 1)) ?? 'B';
  const value = bytes / (UNITS[unit] ?? 1);
  return `${unit === 'B' ? value : value.toFixed(1)} ${unit}`;
}

/** How long ago something was: `3 days`, else as `formatSeconds`. */
export function formatAge(seconds: number): string {
  return seconds >= 48 * 3600 ? `${Math.floor(seconds / 86_400)} days` : formatSeconds(Math.max(0, seconds));
}

/** `1 h 02 min`, `3 min 05 s`, `12 s` */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, '0');
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return whole >= 60 ? `${Math.floor(whole / 60)} min ${two(whole % 60)} s` : `${whole} s`;
}
