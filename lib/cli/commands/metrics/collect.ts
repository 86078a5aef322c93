import { SOFTWARE } from '../../../base/software.ts';
import { rulesOf } from '../../../config/manager-rules.ts';
import { localDeps } from '../../../local/deps.ts';
import { runReconcile } from '../../../local/reconcile.ts';
import { expectedOf } from '../../../status/expected.ts';
import { allManagers } from '../../../status/managers.ts';
import { type Checked, samplesOf } from '../../../status/samples.ts';
import { statusOf } from '../../../status/status.ts';
import type { Given } from '../../command.ts';
import { readConfig } from '../../inputs/config-file.ts';
import { openBucket } from '../../inputs/opened-bucket.ts';
import { openMetrics } from '../../text/openmetrics.ts';
import type { Terminal } from '../../usage.ts';
import type { metricsLiteral } from './command.ts';

/** Reads the state of all managers once, without changing anything, as a text for Prometheus. */
export async function collect(given: Given<typeof metricsLiteral>, terminal: Terminal): Promise<string> {
  const named = given.config === undefined ? undefined : await readConfig(given.config, undefined);
  const { storage, installation, executions } = await openBucket(given, 'read', terminal);
  try {
    const config = named ?? (await readConfig(undefined, installation));
    const { s3, bucket, sealing, near } = storage;
    const { interrupt: signal, clock } = terminal;
    const rules = config ? { rulesOf: (id: string) => rulesOf(config, id) } : {};
    const deps = localDeps({ s3, bucket, sealing, near, signal, clock, ...rules });
    try {
      const managers = await allManagers(config, deps.archive.records);
      const now = clock.now();
      const expected = (manager: string) => expectedOf(config, manager, now);
      const measured = [];
      for (const status of await statusOf({ managers, archive: deps.archive, now, expected }))
        measured.push({
          status,
          checked: await checked(status.manager, { ...deps, executions: executions ?? deps.executions }),
        });
      return await openMetrics(samplesOf(measured, SOFTWARE.replace(/^.* /, ''), now));
    } finally {
      await deps.close();
    }
  } finally {
    await storage.close();
  }
}

/** Null: it could not be done. The other numbers are known all the same, and one gauge says so. */
async function checked(manager: string, deps: Parameters<typeof runReconcile>[1]): Promise<Checked | null> {
  return await runReconcile({ manager, dryRun: true, storageOnly: true }, deps).catch(() => null);
}
