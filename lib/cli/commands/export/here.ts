import { Redactor } from '../../../base/redact.ts';
import type { ManagerSecretFields } from '../../../manager/secret.ts';
import { openConfig } from '../../inputs/config-file.ts';
import { isLocal, reachedFromHere } from '../../inputs/destination.ts';
import { managerSecret } from '../../inputs/manager-secret.ts';
import { notifiedUnlessBegun } from '../../inputs/not-begun.ts';
import { simulatedManager } from '../../inputs/simulated-manager.ts';
import { finishExport } from '../../text/show-result.ts';
import { type Terminal, UsageError } from '../../usage.ts';
import { asRun, type ExportGiven, exportInput } from './input.ts';
import { oneExport } from './one-export.ts';

/** `offsite export --local`: one export, from the flags to the exit code. */
export async function localExport(given: ExportGiven, terminal: Terminal): Promise<number> {
  refuseNameless(given);
  const input = exportInput(given);
  const redactor = new Redactor();
  const known = await notifiedUnlessBegun(asRun(input), given, terminal, () =>
    managerSecret(input.manager, given, redactor, terminal),
  );
  const { secret, close } = known ? { secret: known, close: undefined } : await simulated(given);
  try {
    // A simulated manager is in this process.
    const { result, to } = await oneExport(given, { secret, redactor, isProxied: known !== undefined }, terminal);
    return finishExport(result, to, given.json === true, terminal);
  } finally {
    await close?.();
  }
}

function refuseNameless(given: ExportGiven): void {
  if (given.managerUrl === undefined || given.manager !== undefined) return;
  throw new UsageError(
    'A real manager needs a name of its own, under which its archives are kept: add --manager NAME.',
  );
}

interface Simulated {
  readonly secret: ManagerSecretFields;
  readonly close: () => Promise<void>;
}

/** For a trial. Who has configured managers has forgotten to say which. */
async function simulated({ config: configFile, manager, size }: ExportGiven): Promise<Simulated> {
  const { config } = configFile === undefined ? { config: undefined } : await openConfig(configFile);
  if (config && isLocal(config)) {
    const names = reachedFromHere(config).map(({ id }) => id);
    const choice = `${configFile} says how to reach ${names.length > 0 ? names.join(', ') : 'no manager'}`;
    if (manager === undefined) throw new UsageError(`Which manager is to be exported? Add --manager NAME. ${choice}.`);
    throw new UsageError(`Where is manager ${manager}? ${choice}. Add managers[].local for it, or --manager-url.`);
  }
  const archive = { sizeBytes: size ?? 256 * 2 ** 20 };
  const { urls, username, password, close } = await simulatedManager({ archive, createSeconds: 2 });
  return { secret: { endpoints: [...urls], username, password }, close };
}
