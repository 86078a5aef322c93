import type { LocalRestore, RestoreResult } from '../local/restore.ts';
import { runRestore } from '../local/restore.ts';
import { Redactor } from '../redact.ts';
import type { RestoreInput } from '../restore/input.ts';
import { logTo, tryManager, tryStorage } from './doors.ts';
import { readEvidence } from './evidence-text.ts';
import { asSeen, whyNotOver } from './overwrite.ts';
import { ProgressDisplay } from './progress.ts';
import { inputFrom, type RestoreFlags, restoreFlags, type Secrets, secretsFrom } from './restore-flags.ts';
import { describeRestore, failureText, isGood } from './restore-text.ts';
import { openStorage, type Storage } from './storage-flags.ts';
import { EXIT, type Terminal } from './usage.ts';

/** `offsite restore --local`: one restore, from the flags to the exit code. */
export async function restoreCommand(args: string[], terminal: Terminal): Promise<number> {
  const given = restoreFlags(args);
  const input = inputFrom(given);
  const redactor = new Redactor();
  const secrets = await secretsFrom(given, input, redactor);
  await tryManager(input.manager, secrets.secret, redactor, terminal);
  // An archive from elsewhere needs no folder with archives; the evidence goes into it all the same.
  const storage = await openStorage(given, { flag: 'from', mustExist: given['archive-url'] === undefined });
  try {
    await tryStorage(storage, input.manager, terminal.interrupt);
    const run = (wish: RestoreInput) => restoreWith(wish, { given, secrets, redactor, storage, terminal });
    if (input.force && !input.dryRun) {
      const look = await run({ ...input, dryRun: true });
      const whyNot = await whyNotOver(look, given.yes === true, terminal);
      if (whyNot) return await finish(whyNot, storage, given, terminal);
      return await finish(await run(asSeen(input, look)), storage, given, terminal);
    }
    return await finish(await run(input), storage, given, terminal);
  } finally {
    await storage.close();
  }
}

interface With {
  readonly given: RestoreFlags;
  readonly secrets: Secrets;
  readonly redactor: Redactor;
  readonly storage: Storage;
  readonly terminal: Terminal;
}

async function restoreWith(input: RestoreInput, parts: With): Promise<RestoreResult> {
  const { given, secrets, redactor, storage, terminal } = parts;
  const display = new ProgressDisplay(terminal, () => terminal.clock.now().getTime());
  const options: LocalRestore = {
    ...{ input, ...secrets, redactor, clock: terminal.clock },
    ...{ s3: storage.s3, bucket: storage.bucket, interrupt: terminal.interrupt },
    progress: display,
    onEvent: (event) => display.onEvent(event),
    ...(given.verbose ? { log: logTo(terminal, redactor) } : {}),
  };
  try {
    return await runRestore(options);
  } finally {
    display.end();
  }
}

async function finish(result: RestoreResult, storage: Storage, given: RestoreFlags, { out, err }: Terminal) {
  const good = isGood(result);
  const said = { place: storage.place, evidence: await readEvidence(result, storage) };
  // A plan is what was asked for, also when it says no.
  if (given.json) out.write(`${JSON.stringify(result, null, 2)}\n`);
  else if (good || result.outcome === 'planned') out.write(describeRestore(result, said));
  if (!good) err.write(failureText(result, said));
  if (good) return EXIT.ok;
  return result.outcome === 'failed' && result.error === 'Interrupted' ? EXIT.interrupted : EXIT.failed;
}
