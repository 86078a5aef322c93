import type { SimulatedManagerOptions } from '../../../simulator/manager/options.ts';
import type { SimulatedManager } from '../../../simulator/manager/server.ts';
import { listenRefused } from '../../base/listening.ts';

export type { SimulatedManager };

const LISTENING = new Set(['listen', 'getaddrinfo']);

/**
 * The simulated manager, for commands that show something. `flags`: the options that gave its place, if any did. Throws
 * `InvalidConfiguration` when it cannot listen.
 */
export async function simulatedManager(options: SimulatedManagerOptions, flags?: string): Promise<SimulatedManager> {
  const { startSimulatedManager } = await import('../../../simulator/manager/server.ts');
  try {
    return await startSimulatedManager(options);
  } catch (error) {
    const { syscall = '', port = options.port ?? 0 } = error as NodeJS.ErrnoException & { port?: number };
    if (!LISTENING.has(syscall)) throw error;
    throw listenRefused(error, { what: 'The simulated manager', host: options.host ?? '127.0.0.1', port, flags });
  }
}
