#!/usr/bin/env node
import { main } from '../lib/cli/main.ts';

const interrupt = new AbortController();
let asked = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The first asks to clean up; whoever asks again does not want to wait for that.
    asked += 1;
    if (asked > 1) process.exit(130);
    interrupt.abort();
  });
}
// A reader that went away (`offsite … | head`) is no reason to leave an upload open.
process.stdout.on('error', () => undefined);

process.exitCode = await main(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  interrupt: interrupt.signal,
});
