import { Redactor } from '../../../base/redact.ts';
import { defaultRules } from '../../../config/manager-rules.ts';
import type { LocalRestore, RestoreResult } from '../../../local/restore.ts';
import { runRestore } from '../../../local/restore.ts';
import { findNode } from '../../../manager/healthy-node.ts';
import type { RestoreInput } from '../../../restore/input.ts';
import { ratesFrom } from '../../inputs/bandwidth.ts';
import { networkOf } from '../../inputs/network.ts';
import { notifiedUnlessBegun } from '../../inputs/not-begun.ts';
import { notifierFrom } from '../../inputs/notifier.ts';
import { openStorage, partsOf, type Storage } from '../../inputs/storage.ts';
import { checkManager, checkStorage, logTo } from '../../preflight.ts';
import { ProgressDisplay } from '../../text/progress.ts';
import { finishRestore } from '../../text/show-result.ts';
import type { Terminal } from '../../usage.ts';
import { asSeen, whyNotOver } from './confirm-overwrite.ts';
import { inputFrom, type RestoreGiven, type Secrets, secretsFrom } from './input.ts';

/** `offsite restore --local`: one restore, from the flags to the exit code. */
export async function localRestore(given: RestoreGiven, terminal: Terminal): Promise<number> {
  const input = inputFrom(given);
  const redactor = new Redactor();
  const begin = () => opened(given, input, redactor, terminal);
  const asRun = { about: 'restore', manager: input.manager, what: `restore of ${input.manager}` } as const;
  // A dry run is for the person who waits for it.
  const { secrets, storage } = await (input.dryRun ? begin() : notifiedUnlessBegun(asRun, given, terminal, begin));
  try {
    const run = (wish: RestoreInput) => restoreWith(wish, { given, secrets, redactor, storage, terminal });
    if (input.force && !input.dryRun) {
      const look = await run({ ...input, dryRun: true });
      const whyNot = await whyNotOver(look, given.yes === true, terminal);
      if (whyNot) return await finishRestore(whyNot, storage, given.json === true, terminal);
      return await finishRestore(
        await run(asSeen(input, look, given.yes === true)),
        storage,
        given.json === true,
        terminal,
      );
    }
    return await finishRestore(await run(input), storage, given.json === true, terminal);
  } finally {
    await storage.close();
  }
}

/** The manager answers, and the storage is there. */
async function opened(given: RestoreGiven, input: RestoreInput, redactor: Redactor, terminal: Terminal) {
  const secrets = await secretsFrom(given, input, redactor, terminal);
  await checkManager(input.manager, secrets.secret, redactor, terminal, findNode);
  // An archive from elsewhere needs no folder with archives; the evidence goes into it all the same.
  const rule = { option: 'from', mustExist: given.archiveUrl === undefined, use: 'all' } as const;
  const storage = await openStorage(given, rule, terminal);
  try {
    await checkStorage(storage, input.manager, 'restore', terminal);
    return { secrets, storage };
  } catch (error) {
    await storage.close();
    throw error;
  }
}

interface With {
  readonly given: RestoreGiven;
  readonly secrets: Secrets;
  readonly redactor: Redactor;
  readonly storage: Storage;
  readonly terminal: Terminal;
}

async function restoreWith(input: RestoreInput, parts: With): Promise<RestoreResult> {
  const { given, secrets, redactor, storage, terminal } = parts;
  const display = new ProgressDisplay(terminal, () => terminal.clock.now().getTime());
  const options: LocalRestore = {
    input,
    secret: secrets.secret,
    otherSecrets: secrets.otherSecrets,
    redactor,
    network: await networkOf(terminal),
    clock: terminal.clock,
    ...partsOf(storage),
    interrupt: terminal.interrupt,
    rates: await ratesFrom(given, terminal),
    rulesOf: () => ({ ...defaultRules, ...secrets.authority }),
    ...(await notifierFrom(given, redactor, terminal)),
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
