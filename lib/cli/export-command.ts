import { ExportInput } from '../contracts.ts';
import { InvalidInput } from '../errors.ts';
import { describeIssues } from '../issues.ts';
import { type ExportResult, type LocalExport, runExport } from '../local/export.ts';
import type { SimulatedManager } from '../local/manager/server.ts';
import type { ManagerSecretFields } from '../manager/secret.ts';
import { Redactor } from '../redact.ts';
import { logTo, tryManager, tryStorage } from './doors.ts';
import { MANAGER_FLAGS, secretFromFlags } from './manager-flags.ts';
import { ProgressDisplay } from './progress.ts';
import { describeResult, documentOf } from './report-text.ts';
import { BUCKET_FLAGS, openStorage, type Storage } from './storage-flags.ts';
import { EXIT, parseFlags, parseSize, parseWhole, type Terminal, UsageError } from './usage.ts';

const flags = {
  local: { type: 'boolean' },
  ...MANAGER_FLAGS,
  to: { type: 'string' },
  ...BUCKET_FLAGS,
  'scheduled-time': { type: 'string' },
  reason: { type: 'string' },
  size: { type: 'string' },
  keep: { type: 'string' },
  json: { type: 'boolean' },
  verbose: { type: 'boolean' },
} as const;
type Given = ReturnType<typeof parseFlags<typeof flags>>;

/** `offsite export --local`: one export, from the flags to the exit code. */
export async function exportCommand(args: string[], terminal: Terminal): Promise<number> {
  const given = parseFlags('export', args, flags);
  if (!given.local) throw new UsageError('export runs on this machine only, so far: add --local.');
  const input = inputFrom(given);
  const keep = given.keep === undefined ? undefined : parseWhole('keep', given.keep, 1, 1000);
  const redactor = new Redactor();
  const simulated = given['manager-url'] === undefined ? await simulate(given) : undefined;
  try {
    const secret = simulated ? secretOf(simulated) : await secretFromFlags(input.manager, given, redactor);
    await tryManager(input.manager, secret, redactor, terminal);
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
      };
      await tryStorage(storage, input.manager, terminal.interrupt);
      const result = await runExport(run);
      display.end();
      return finish(result, storage, given.json === true, terminal);
    } finally {
      display.end();
      await storage.close();
    }
  } finally {
    await simulated?.close();
  }
}

function inputFrom(given: Given): ExportInput {
  if (given['manager-url'] !== undefined && given.manager === undefined) {
    throw new UsageError(
      'A real manager needs a name of its own, under which its archives are kept: add --manager NAME.',
    );
  }
  if (given['manager-url'] !== undefined && given.size !== undefined) {
    throw new UsageError('--size is for the simulated manager; a real one has an archive of its own.');
  }
  const input = {
    manager: given.manager ?? 'demo',
    ...(given['scheduled-time'] === undefined ? {} : { scheduledTime: given['scheduled-time'] }),
    ...(given.reason === undefined ? {} : { reason: given.reason }),
  };
  const parsed = ExportInput.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new InvalidInput(`The flags are not valid: ${describeIssues(parsed.error)}.`);
}

async function simulate(given: Given): Promise<SimulatedManager> {
  const odd = (['username', 'password-file', 'token-file', 'tenant', 'ca-file'] as const).find(
    (f) => given[f] !== undefined,
  );
  if (odd) throw new UsageError(`--${odd} goes with --manager-url; without one a simulated manager is exported.`);
  const { startSimulatedManager } = await import('../local/manager/server.ts');
  const sizeBytes = parseSize('size', given.size ?? '256MiB');
  return await startSimulatedManager({ archive: { sizeBytes }, createSeconds: 2 });
}

function secretOf({ urls, username, password }: SimulatedManager): ManagerSecretFields {
  return { endpoints: [...urls], username, password };
}

function finish(result: ExportResult, storage: Storage, json: boolean, { out, err }: Terminal): number {
  if (json) out.write(`${JSON.stringify(documentOf(result), null, 2)}\n`);
  const good = result.outcome === 'succeeded' || (result.outcome === 'duplicate' && result.verified);
  if (!json || !good) (good ? out : err).write(describeResult(result, storage.place));
  if (good) return EXIT.ok;
  return result.outcome === 'failed' && result.error === 'Interrupted' ? EXIT.interrupted : EXIT.failed;
}
