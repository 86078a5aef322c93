import { defined } from '../../../base/defined.ts';
import type { Redactor } from '../../../base/redact.ts';
import { type ExportResult, type LocalExport, reportNotBegun, runExport } from '../../../local/export.ts';
import { findSnapshotNode } from '../../../manager/healthy-node.ts';
import type { ManagerSecretFields } from '../../../manager/secret.ts';
import { ratesFrom } from '../../inputs/bandwidth.ts';
import { networkOf } from '../../inputs/network.ts';
import { notifiedUnlessBegun } from '../../inputs/not-begun.ts';
import { notifierFrom } from '../../inputs/notifier.ts';
import { rulesFrom } from '../../inputs/retention-rules.ts';
import { openStorage, partsOf } from '../../inputs/storage.ts';
import { checkLock, checkManager, checkStorage, logTo } from '../../preflight.ts';
import { ProgressDisplay } from '../../text/progress.ts';
import type { Destination } from '../../text/report-text.ts';
import type { Terminal } from '../../usage.ts';
import { asRun, type ExportGiven, exportInput } from './input.ts';

interface Reached {
  readonly secret: ManagerSecretFields;
  readonly redactor: Redactor;
  /** Default: as the environment says. */
  readonly isProxied?: boolean;
  /** Shared with other exports of this process. */
  readonly buffers?: NonNullable<LocalExport['buffers']>;
  readonly rates?: NonNullable<LocalExport['rates']>;
}

/** One export on this machine: checks the manager and the storage, then runs the machine. How it ended, and where. */
export async function oneExport(
  given: ExportGiven,
  { secret, redactor, buffers, rates, isProxied = true }: Reached,
  terminal: Terminal,
): Promise<{ readonly result: ExportResult; readonly to: Destination }> {
  const input = exportInput(given);
  const { keep } = given;
  const near = isProxied ? terminal : { ...terminal, env: {} };
  const unreached = await checkManager(input.manager, secret, redactor, near, findSnapshotNode).catch(asError);
  // Whoever typed an address waits for the answer; what a configuration runs has others who are to hear of it.
  const isTold = given.config !== undefined && !terminal.interrupt.aborted;
  if (unreached && !isTold) throw unreached;
  const storage = await notifiedUnlessBegun(asRun(input), given, terminal, () =>
    openStorage(given, { option: 'to', mustExist: false, use: input }, terminal),
  );
  const display = new ProgressDisplay(terminal, () => terminal.clock.now().getTime());
  try {
    const rulesOf = await rulesFrom(given, keep);
    const run: LocalExport = {
      input,
      secret,
      redactor,
      network: await networkOf(near),
      clock: terminal.clock,
      ...partsOf(storage),
      interrupt: terminal.interrupt,
      progress: display,
      onEvent: (event) => display.onEvent(event),
      ...(given.verbose ? { log: logTo(terminal, redactor) } : {}),
      ...(keep === undefined ? {} : { settings: { keepOnManager: keep } }),
      ...defined({ buffers }),
      rates: rates ?? (await ratesFrom(given, terminal)),
      rulesOf,
      ...(await notifierFrom(given, redactor, terminal)),
    };
    const look = async () => {
      const can = await checkStorage(storage, input.manager, 'export', terminal);
      await checkLock(storage, rulesOf(input.manager), terminal);
      return can;
    };
    const store = unreached ?? (await look().catch(asError));
    if (store instanceof Error) {
      if (!isTold) throw store;
      return { result: await notBegun(run, store), to: { place: storage.place } };
    }
    return { result: await runExport(run), to: { place: storage.place, store } };
  } finally {
    display.end();
    await storage.close();
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** Throws the reason where it could be neither recorded nor told. */
async function notBegun(run: LocalExport, reason: Error): Promise<ExportResult> {
  const report = await reportNotBegun(run, reason).catch(() => undefined);
  if (report === undefined) throw reason;
  return report;
}
