import { Redactor } from '../../../base/redact.ts';
import { type LocalVerify, runVerify } from '../../../local/verify.ts';
import type { VerifyInput } from '../../../verification/input.ts';
import { ratesFrom } from '../../inputs/bandwidth.ts';
import { notifiedUnlessBegun } from '../../inputs/not-begun.ts';
import { notifierFrom } from '../../inputs/notifier.ts';
import { rulesFrom } from '../../inputs/retention-rules.ts';
import { openStorage, partsOf } from '../../inputs/storage.ts';
import { answering, logTo } from '../../preflight.ts';
import { ProgressDisplay } from '../../text/progress.ts';
import { finishVerify } from '../../text/verify-text.ts';
import type { Terminal } from '../../usage.ts';
import type { VerifyGiven } from './input.ts';

/** `offsite verify --local`: one verification, from its input to the exit code. */
export async function localVerify(given: VerifyGiven, input: VerifyInput, terminal: Terminal): Promise<number> {
  const rulesOf = await rulesFrom(given);
  const use = input.manager === undefined ? 'all' : { manager: input.manager };
  const { manager = null } = input;
  const asRun = { about: 'verify', manager, what: `verification of ${manager ?? 'all managers'}` } as const;
  const storage = await notifiedUnlessBegun(asRun, given, terminal, async () =>
    answering(await openStorage(given, { option: 'from', mustExist: true, use }, terminal), terminal),
  );
  const redactor = new Redactor();
  const notified = await notifierFrom(given, redactor, terminal);
  const display = new ProgressDisplay(terminal, () => terminal.clock.now().getTime());
  const run: LocalVerify = {
    input,
    redactor,
    clock: terminal.clock,
    progress: display,
    rulesOf,
    ...notified,
    ...partsOf(storage),
    interrupt: terminal.interrupt,
    rates: await ratesFrom(given, terminal),
    onEvent: (event) => display.onEvent(event),
    ...(given.verbose ? { log: logTo(terminal, redactor) } : {}),
  };
  try {
    const report = await runVerify(run);
    display.end();
    return finishVerify(report, storage.place, given.json === true, terminal);
  } finally {
    display.end();
    await storage.close();
  }
}
