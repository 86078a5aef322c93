import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { startSimulatedManager } from '../../../../simulator/manager/server.ts';
import { defined } from '../../../base/defined.ts';
import { InvalidConfiguration } from '../../../base/errors.ts';
import type { Given } from '../../command.ts';
import { EXIT, type Terminal } from '../../usage.ts';
import type { simulateManagerLiteral } from './command.ts';

/** Runs a simulated manager until it is interrupted. */
export async function simulateManagerCommand(
  given: Given<typeof simulateManagerLiteral>,
  { out, interrupt }: Terminal,
): Promise<number> {
  const { archive, size, version, edition, host, caOut, username = 'admin', password = 'admin' } = given;
  const manager = await startSimulatedManager({
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
  }).catch((error: unknown) => {
    throw cannotListen(error);
  });
  try {
    if (caOut !== undefined && manager.caPem) await writeFile(caOut, manager.caPem);
    const ca = caOut === undefined ? '' : ` Its CA is in ${caOut}.`;
    out.write(`Simulated Cloudify Manager at ${manager.urls.join(' and ')}, user ${username}.${ca} Ctrl-C ends it.\n`);
    if (!interrupt.aborted) await once(interrupt, 'abort');
    return EXIT.ok;
  } finally {
    await manager.close();
  }
}

/** A port that is taken or below 1024, an address that is not of this machine. */
function cannotListen(error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || error.syscall !== 'listen') return error;
  const message = `The simulated manager cannot listen: ${error.message}. Choose another --port or --host.`;
  return new InvalidConfiguration(message, { cause: error });
}
