import type { SimulatedManager } from '../../../../simulator/manager/server.ts';
import { Redactor } from '../../../base/redact.ts';
import { type LocalExport, runExport } from '../../../local/export.ts';
import { findSnapshotNode } from '../../../manager/healthy-node.ts';
import type { ManagerSecretFields } from '../../../manager/secret.ts';
import { secretFromFlags } from '../../inputs/manager-secret.ts';
import { rulesFrom } from '../../inputs/retention-rules.ts';
import { openStorage } from '../../inputs/storage.ts';
import { checkManager, checkStorage, logTo } from '../../preflight.ts';
import { ProgressDisplay } from '../../text/progress.ts';
import { finishExport } from '../../text/show-result.ts';
import { type Terminal, UsageError } from '../../usage.ts';
import { type ExportGiven, exportInput } from './input.ts';

/** `offsite export --local`: one export, from the flags to the exit code. */
export async function localExport(given: ExportGiven, terminal: Terminal): Promise<number> {
  refuseNameless(given);
  const input = exportInput(given);
  const { keep } = given;
  const redactor = new Redactor();
  const simulated = given.managerUrl === undefined ? await simulate(given) : undefined;
  try {
    const secret = simulated ? secretOf(simulated) : await secretFromFlags(input.manager, given, redactor);
    await checkManager(input.manager, secret, redactor, terminal, findSnapshotNode);
    const storage = await openStorage(given, { option: 'to', mustExist: false, use: input }, terminal);
    const display = new ProgressDisplay(terminal, () => terminal.clock.now().getTime());
    try {
      const run: LocalExport = {
        input,
        secret,
        redactor,
        clock: terminal.clock,
        s3: storage.s3,
        bucket: storage.bucket,
        sealing: storage.sealing,
        interrupt: terminal.interrupt,
        progress: display,
        onEvent: (event) => display.onEvent(event),
        ...(given.verbose ? { log: logTo(terminal, redactor) } : {}),
        ...(keep === undefined ? {} : { settings: { keepOnManager: keep } }),
        rulesOf: await rulesFrom(given, keep),
      };
      const store = await checkStorage(storage, input.manager, 'export', terminal);
      const result = await runExport(run);
      display.end();
      return finishExport(result, { place: storage.place, store }, given.json === true, terminal);
    } finally {
      display.end();
      await storage.close();
    }
  } finally {
    await simulated?.close();
  }
}

function refuseNameless(given: ExportGiven): void {
  if (given.managerUrl === undefined || given.manager !== undefined) return;
  throw new UsageError(
    'A real manager needs a name of its own, under which its archives are kept: add --manager NAME.',
  );
}

async function simulate(given: ExportGiven): Promise<SimulatedManager> {
  const { startSimulatedManager } = await import('../../../../simulator/manager/server.ts');
  const sizeBytes = given.size ?? 256 * 2 ** 20;
  return await startSimulatedManager({ archive: { sizeBytes }, createSeconds: 2 });
}

function secretOf({ urls, username, password }: SimulatedManager): ManagerSecretFields {
  return { endpoints: [...urls], username, password };
}
