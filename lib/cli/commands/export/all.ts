import { mapAtMost } from '../../../base/concurrency.ts';
import { defined } from '../../../base/defined.ts';
import { Redactor } from '../../../base/redact.ts';
import { sharedBuffers } from '../../../local/deps.ts';
import type { ExportResult } from '../../../local/export.ts';
import { ratesFrom } from '../../inputs/bandwidth.ts';
import { openConfig } from '../../inputs/config-file.ts';
import { managerSecret } from '../../inputs/manager-secret.ts';
import { managersOfAll } from '../../inputs/managers-of-all.ts';
import { notifiedUnlessBegun } from '../../inputs/not-begun.ts';
import { documentOf } from '../../text/report-text.ts';
import { isVerified } from '../../text/show-result.ts';
import { EXIT, type Terminal, UsageError } from '../../usage.ts';
import { asRun, type ExportGiven, exportInput } from './input.ts';
import { oneExport } from './one-export.ts';
import { type OfMany, summaryOf, summaryText } from './summary.ts';

/**
 * `offsite export --local --all`: every manager that the configuration says how to reach, some at once. One that fails
 * stops no other; an interrupt stops all, and each cleans up after itself.
 */
export async function exportAll(given: ExportGiven, terminal: Terminal): Promise<number> {
  const { managers, parallel } = await chosen(given);
  // One budget and one rate for all of them: memory and traffic do not grow with their number.
  const shared = { buffers: sharedBuffers(), rates: await ratesFrom(given, terminal) };
  const { clock, interrupt } = terminal;
  const ended = await mapAtMost(parallel, managers, async (manager): Promise<OfMany> => {
    const began = clock.now().getTime();
    const shown = withName(manager, terminal);
    const { report, verified } = interrupt.aborted
      ? failed(manager, { name: 'Interrupted', message: 'The export was not begun.' }, terminal)
      : await ofOne({ ...given, ...({ manager } as ExportGiven) }, shown, shared);
    return { manager, report, verified, seconds: (clock.now().getTime() - began) / 1000 };
  });
  const summary = summaryOf(ended, clock.now());
  terminal.out.write(given.json ? `${JSON.stringify(summary, null, 2)}\n` : summaryText(ended, summary));
  for (const { manager, report, verified } of ended)
    if (!verified) terminal.err.write(`offsite: ${manager}: ${report.error ?? report.outcome}: ${report.message}\n`);
  if (interrupt.aborted) return EXIT.interrupted;
  return summary.outcome === 'succeeded' ? EXIT.ok : EXIT.failed;
}

async function chosen(given: ExportGiven): Promise<{ managers: string[]; parallel: number }> {
  const config = given.config === undefined ? undefined : (await openConfig(given.config)).config;
  const managers = managersOfAll(config, { verb: 'exports', file: given.config, onlyReached: true });
  return { managers, parallel: given.parallel ?? config?.local?.parallel ?? 2 };
}

type Shared = Required<Pick<Parameters<typeof oneExport>[1], 'buffers' | 'rates'>>;
type Ended = Pick<OfMany, 'report' | 'verified'>;

async function ofOne(given: ExportGiven, terminal: Terminal, shared: Shared): Promise<Ended> {
  const { manager } = exportInput(given);
  const redactor = new Redactor();
  try {
    const secret = await notifiedUnlessBegun(asRun({ manager }), given, terminal, async () => {
      const known = await managerSecret(manager, given, redactor, terminal);
      if (known) return known;
      throw new UsageError(
        `managers.${manager}.local is missing in ${given.config}: how to reach it, or false if not from here.`,
      );
    });
    const { result, to } = await oneExport(given, { secret, redactor, ...shared }, terminal);
    return { report: documentOf(result, to), verified: isVerified(result as ExportResult) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return failed(manager, { name, message: redactor.clean(message) }, terminal);
  }
}

function failed(manager: string, { name, message }: { name: string; message: string }, { clock }: Terminal): Ended {
  const nothing = { snapshot: null, execution: null, archive: null, notes: [] };
  const finishedAt = clock.now().toISOString();
  return { report: { outcome: 'failed', error: name, message, manager, ...nothing, finishedAt }, verified: false };
}

/** Lines of several managers come mixed: each begins with the name of its own. Nothing is drawn over. */
function withName(manager: string, terminal: Terminal): Terminal {
  const own = terminal.err.of?.(manager);
  if (own) return { ...terminal, err: own };
  const write = (text: string) => terminal.err.write(text.replaceAll(/^(?=.)/gm, `${manager}: `));
  return { ...terminal, err: { write, ...defined({ columns: terminal.err.columns }) } };
}
