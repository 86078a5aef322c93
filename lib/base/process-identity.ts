import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Which process this is, so that another one can tell whether it still lives. A process id says that only within one boot
 * and one namespace (containers count their own), and only together with the time at which the process began. Where the
 * system does not show these, they are "-".
 */
export interface ProcessIdentity {
  /** Host name, boot and process namespace: only within the same place does a process id mean anything. */
  readonly place: string;
  readonly pid: number;
  readonly began: string;
}

export function thisProcess(): ProcessIdentity {
  const boot = attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const namespace = attempt(() => readlinkSync('/proc/self/ns/pid').replaceAll(/\D/g, ''));
  const place = [encodeURIComponent(hostname()), boot, namespace].join('/');
  return { place, pid: process.pid, began: beganAt(process.pid) };
}

/** `unknown`: it runs, or ran, in another place. */
export function lifeOfProcess(other: ProcessIdentity): 'running' | 'ended' | 'unknown' {
  if (other.place !== thisProcess().place) return 'unknown';
  if (!isAlive(other.pid)) return 'ended';
  return beganAt(other.pid) === other.began ? 'running' : 'ended';
}

/** Field 22 of /proc/<pid>/stat, ticks since boot; counted after the name, which may hold blanks and brackets. */
function beganAt(pid: number): string {
  return attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? '-');
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return '-';
  }
}
