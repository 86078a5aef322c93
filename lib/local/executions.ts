import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Executions } from '../step.ts';

/** Executions of this very process that are under way. */
const underWay = new Set<string>();

/** `local:<host>:<process>:<random>`: enough to tell on this machine whether it still lives. */
export function beginExecution(): string {
  const id = `local:${hostname()}:${process.pid}:${randomUUID()}`;
  underWay.add(id);
  return id;
}

export function endExecution(id: string): void {
  underWay.delete(id);
}

/**
 * A process that is gone has no running execution. On another machine nobody can tell: the age of the claim decides. A
 * process id that the system has given to somebody else since looks alive; then, too, the claim ages out.
 */
export const localExecutions: Executions = {
  async isRunning(execution) {
    const [kind, host, pid] = execution.split(':');
    if (kind !== 'local' || host !== hostname()) return 'unknown';
    if (Number(pid) === process.pid) return underWay.has(execution) ? 'running' : 'ended';
    return isAlive(Number(pid)) ? 'running' : 'ended';
  },
};

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
