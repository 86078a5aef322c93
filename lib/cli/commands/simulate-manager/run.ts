import { once } from 'node:events';
import { defined } from '../../../base/defined.ts';
import { writeOutput } from '../../../base/output-files.ts';
import type { Given } from '../../command.ts';
import { simulatedManager } from '../../inputs/simulated-manager.ts';
import { EXIT, type Terminal } from '../../usage.ts';
import type { simulateManagerLiteral } from './command.ts';

/** Runs a simulated manager until it is interrupted. */
export async function simulateManagerCommand(
  given: Given<typeof simulateManagerLiteral>,
  { out, interrupt }: Terminal,
): Promise<number> {
  const { archive, size, version, edition, host, caOut, username = 'admin', password = 'admin' } = given;
  const options = {
    username,
    password,
    port: given.port ?? 0,
    nodes: given.nodes ?? 1,
    createSeconds: given.createSeconds ?? 5,
    restoreSeconds: given.restoreSeconds ?? 30,
    holds: given.holds ?? 'archive',
    ...defined({ version, edition, host }),
    ...(archive === undefined ? {} : { archive: { file: archive } }),
    ...(size === undefined ? {} : { archive: { sizeBytes: size } }),
    ...(given.tls ? { tls: true as const } : {}),
  };
  const manager = await simulatedManager(options, '--port or --host');
  try {
    if (caOut !== undefined && manager.caPem)
      await writeOutput(caOut, manager.caPem, { option: '--ca-out', is: 'file' });
    const ca = caOut === undefined ? '' : ` Its CA is in ${caOut}.`;
    out.write(`Simulated Cloudify Manager at ${manager.urls.join(' and ')}, user ${username}.${ca} Ctrl-C ends it.\n`);
    if (!interrupt.aborted) await once(interrupt, 'abort');
    return EXIT.ok;
  } finally {
    await manager.close();
  }
}
