#!/usr/bin/env -S MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=131072 node --max-old-space-size=96 --max-semi-space-size=2 --no-concurrent-recompilation
// One arena of malloc: with one for each thread, what a thread has freed stays its own, 14 MB in all. What is freed at the
// end of it goes back at once, up to 15 MB. Code is compiled where it runs: what V8's compilers need at the same time in threads
// of their own was another 8 to 20 MB.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { isAtLeast } from '../lib/base/compare-versions.ts';
import { OLDEST_NODE } from '../lib/base/software.ts';
import { systemClock } from '../lib/base/system-clock.ts';
import { main } from '../lib/cli/main.ts';
import { EXIT } from '../lib/cli/usage.ts';

const interrupt = new AbortController();
/** Some tools signal a process and its group, so one wish may come twice; a person needs longer to wish again. */
const SAME_WISH_MS = 1000;
let askedAt: number | undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The first asks to clean up; whoever asks again does not want to wait for that.
    if (askedAt !== undefined && Date.now() - askedAt > SAME_WISH_MS) process.exit(130);
    askedAt ??= Date.now();
    interrupt.abort();
  });
}
// A reader that went away (`offsite … | head`) is no reason to leave an upload open; a full disk behind it is a failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE' || process.exitCode === EXIT.failed) return;
  process.exitCode = EXIT.failed;
  process.stderr.write(`offsite: the output could not be written (${error.code}): make room, or write it elsewhere.\n`);
});
// Progress and warnings that nobody can read change nothing of what was done: the exit code is that of the command.
process.stderr.on('error', () => undefined);

/** Ctrl-C during a question arrives at readline, not as a signal. An input that ends is no answer. */
async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  lines.on('SIGINT', () => interrupt.abort());
  const ended = new Promise<string>((resolve) => lines.on('close', () => resolve('')));
  try {
    return await Promise.race([lines.question(question, { signal: interrupt.signal }), ended]);
  } finally {
    lines.close();
  }
}

if (!isAtLeast(process.versions.node, OLDEST_NODE)) {
  process.stderr.write(
    `offsite: this is Node ${process.versions.node}, and offsite needs ${OLDEST_NODE} or newer. Install a newer Node, and put it first in PATH.\n`,
  );
  process.exit(EXIT.usage);
}

// Node checks no certificate then, not of a manager and not of a store.
if (process.env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
  process.stderr.write(
    'offsite: InvalidConfiguration: NODE_TLS_REJECT_UNAUTHORIZED=0 turns off the check of certificates. Unset it. For a private CA use --ca-file.\n',
  );
  process.exit(EXIT.usage);
}

/** Outside every folder with archives: who can write those must not find the key that signs them. */
const stateHome = process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state');

const code = await main(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  interrupt: interrupt.signal,
  clock: systemClock,
  env: process.env,
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  signing: { stateFolder: join(stateHome, 'offsite'), keyFile: process.env['OFFSITE_SIGNING_KEY'] || undefined },
  ...(process.stdin.isTTY && process.stderr.isTTY ? { ask } : {}),
});
process.exitCode ??= code;
