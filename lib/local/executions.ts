import { randomUUID } from 'node:crypto';
import type { Executions } from '../base/ports.ts';
import { lifeOfProcess, thisProcess } from '../base/process-identity.ts';

/** Executions of this very process that are under way. */
const underWay = new Set<string>();

/** `local:<place>:<process id>:<its beginning>:<random>`: enough to tell, in the same place, whether it still lives. */
export function beginExecution(): string {
  const { place, pid, began } = thisProcess();
  const id = `local:${place}:${pid}:${began}:${randomUUID()}`;
  underWay.add(id);
  return id;
}

export function endExecution(id: string): void {
  underWay.delete(id);
}

/**
 * A process that is gone has no running execution. On another machine, in another container or after a reboot nobody can
 * tell: then the age of the claim decides.
 */
export const localExecutions: Executions = {
  async isRunning(execution) {
    const [kind, place = '', pid = '', began = ''] = execution.split(':');
    if (kind !== 'local') return 'unknown';
    if (underWay.has(execution)) return 'running';
    const life = lifeOfProcess({ place, pid: Number(pid), began });
    // This process lives, and the execution is none of those under way in it.
    return life === 'running' && Number(pid) === process.pid ? 'ended' : life;
  },
};
