import type { SimulatedManager } from '../../../../simulator/manager/server.ts';
import { Redactor } from '../../../base/redact.ts';
import { type LocalExport, runExport } from '../../../local/export.ts';
import { findSnapshotNode } from '../../../manager/healthy-node.ts';
import type { ManagerSecretFields } from '../../../manager/secret.ts';
import { type ExportFlags, exportInput } from '../../options/export.ts';
import { secretFromFlags } from '../../options/manager.ts';
import { rulesFrom } from '../../options/retention-rules.ts';
import { openStorage } from '../../options/storage.ts';
import { checkManager, checkStorage, logTo } from '../../preflight.ts';
import { ProgressDisplay } from '../../text/progress.ts';
import { finishExport } from '../../text/show-result.ts';
import { parseSize, parseWhole, type Terminal, UsageError } from '../../usage.ts';

/** `offsite export --local`: one export, from the flags to the exit code. */
export async function localExport(given: ExportFlags, terminal: Terminal): Promise<number> {
  refuseContradictions(given);
  const input = exportInput(given);
  const keep = given.keep === undefined ? undefined : parseWhole('keep', given.keep, 1, 1000);
  const redactor = new Redactor();
  const simulated = given['manager-url'] === undefined ? await simulate(given) : undefined;
  try {
    const secret = simulated ? secretOf(simulated) : await secretFromFlags(input.manager, given, redactor);
    await checkManager(input.manager, secret, redactor, terminal, findSnapshotNode);
    const storage = await openStorage(given);
    const display = new ProgressDisplay(terminal, () => terminal.clock.now().getTime());
    try {
      const run: LocalExport = {
        ...{ input, secret, redactor, clock: terminal.clock },
        ...{ s3: storage.s3, bucket: storage.bucket, interrupt: terminal.interrupt },
        progress: display,
        onEvent: (event) => display.onEvent(event),
        ...(given.verbose ? { log: logTo(terminal, redactor) } : {}),
        ...(keep === undefined ? {} : { settings: { keepOnManager: keep } }),
        rulesOf: await rulesFrom(given, keep),
      };
      await checkStorage(storage, input.manager, terminal.interrupt);
      const result = await runExport(run);
      display.end();
      return finishExport(result, storage.place, given.json === true, terminal);
    } finally {
      display.end();
      await storage.close();
    }
  } finally {
    await simulated?.close();
  }
}

function refuseContradictions(given: ExportFlags): void {
  if (given['manager-url'] === undefined) return;
  if (given.manager === undefined) {
    throw new UsageError(
      'A real manager needs a name of its own, under which its archives are kept: add --manager NAME.',
    );
  }
  if (given.size !== undefined) {
    throw new UsageError('--size is for the simulated manager; a real one has an archive of its own.');
  }
}

async function simulate(given: ExportFlags): Promise<SimulatedManager> {
  const odd = (['username', 'password-file', 'token-file', 'tenant', 'ca-file'] as const).find(
    (f) => given[f] !== undefined,
  );
  if (odd) throw new UsageError(`--${odd} goes with --manager-url; without one a simulated manager is exported.`);
  const { startSimulatedManager } = await import('../../../../simulator/manager/server.ts');
  const sizeBytes = parseSize('size', given.size ?? '256MiB');
  return await startSimulatedManager({ archive: { sizeBytes }, createSeconds: 2 });
}

function secretOf({ urls, username, password }: SimulatedManager): ManagerSecretFields {
  return { endpoints: [...urls], username, password };
}
