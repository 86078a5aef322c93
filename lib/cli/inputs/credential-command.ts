import { spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { seconds } from '../../base/durations.ts';
import { Interrupted, InvalidConfiguration } from '../../base/errors.ts';
import type { Terminal } from '../usage.ts';
import { whyOthersCanWrite } from './others-cannot-write.ts';

/** Passwords have 256 characters at most, tokens a few thousand. */
const MOST_BYTES = 64 * 1024;

export interface CredentialCommand {
  /** The configuration that has the command: it runs in the folder of that file. */
  readonly file: string;
  /** `managers.prod.local.passwordCommand`, for messages. */
  readonly field: string;
  readonly command: readonly string[];
  /** Seconds that it may take. */
  readonly limit: number;
}

/**
 * What a command of the configuration prints. It runs without a shell, and only if nobody else can change the file that
 * names it. Nothing that it prints is shown, and of its arguments nothing but the program. Throws `InvalidConfiguration`,
 * `Interrupted`.
 */
export async function outputOf(asked: CredentialCommand, { interrupt, env }: Terminal): Promise<string> {
  const { file, field, command, limit } = asked;
  const [program = '', ...args] = command;
  const path = program.includes('/') ? resolve(dirname(file), program) : program;
  await refuseForeign(asked, path);
  // Somebody who wrote the whole command as one word may have written a secret into it.
  const [word] = program.split(/\s/);
  const bad = (what: string) => new InvalidConfiguration(`${field} of ${file}: ${word} ${what}.`);
  const child = spawn(path, args, {
    cwd: dirname(file),
    env: { ...env },
    stdio: ['ignore', 'pipe', 'ignore'],
    // A group of its own, so that what it has started ends with it.
    detached: true,
  });
  const run = new Run(child.pid, [limit, interrupt]);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (chunks.reduce((sum, { length }) => sum + length, 0) > MOST_BYTES) run.stop('printed more than 64 KiB');
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((done, fail) => {
    child.on('error', ({ message, ...error }: NodeJS.ErrnoException) =>
      fail(bad(`cannot be run (${error.code ?? message})`)),
    );
    child.on('close', (...ended) => done(ended));
  }).finally(() => run.end());
  if (interrupt.aborted) throw new Interrupted(`Interrupted while ${word} was asked for a credential.`);
  if (run.stopped) throw bad(run.stopped);
  if (code !== 0) throw bad(code === null ? `was ended by ${signal}` : `failed with exit code ${code}: run it by hand`);
  return Buffer.concat(chunks).toString('utf8');
}

async function refuseForeign({ file, field }: CredentialCommand, path: string): Promise<void> {
  const why = (await whyOthersCanWrite(file)) ?? (path.includes('/') ? await whyOf(path) : undefined);
  if (why === undefined) return;
  throw new InvalidConfiguration(
    `${field} of ${file} is not run, because another user could change what it does: ${why}. Make the file and its folders writable by you alone (chmod go-w, chown).`,
  );
}

/** A program that is not there is reported when it is run. */
async function whyOf(path: string): Promise<string | undefined> {
  try {
    return await whyOthersCanWrite(path);
  } catch {
    return undefined;
  }
}

/** A process with its group, until it ends, its time is over, or a person stops us. */
class Run {
  stopped: string | undefined;
  readonly #pid: number | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #interrupt: AbortSignal;
  readonly #onInterrupt = () => this.stop('was interrupted');

  constructor(pid: number | undefined, [limit, interrupt]: readonly [number, AbortSignal]) {
    this.#pid = pid;
    this.#interrupt = interrupt;
    this.#timer = setTimeout(() => this.stop(`took longer than ${limit} s (local.commandSeconds)`), seconds(limit));
    interrupt.addEventListener('abort', this.#onInterrupt, { once: true });
    if (interrupt.aborted) this.#onInterrupt();
  }

  stop(why: string): void {
    this.stopped ??= why;
    try {
      if (this.#pid !== undefined) process.kill(-this.#pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#interrupt.removeEventListener('abort', this.#onInterrupt);
  }
}
