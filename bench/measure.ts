import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { FunctionLimits } from './lambda/cgroup.ts';

export interface Measured {
  readonly seconds: number;
  /** User and system time of the command and all that it started. */
  readonly cpuSeconds: number;
  /** Bytes: peak of all its processes together; 0 where there is no /proc. */
  readonly peakRss: number;
  /** Bytes: peak of its control group, where it ran in one. */
  readonly peakGroup?: number;
}

/** Settings of whoever runs the bench are not what is measured: a CA bundle, a proxy, a profile, flags of Node. */
const quiet = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(AWS_|BOTO_|RCLONE_|NODE_|SSL_CERT|(https?|all|no)_proxy$)/i.test(name),
  ),
);

/** Runs a shell command as narrowly as a function of so many MB. */
export async function measureWithin(memoryMB: number, command: string, env: Record<string, string> = {}) {
  const limits = new FunctionLimits(memoryMB);
  try {
    return { ...(await measure(limits.around(command), env)), peakGroup: limits.peak() };
  } finally {
    limits.close();
  }
}

/** Runs a shell command to its end. Throws, with what it wrote to standard error, when it fails. */
export async function measure(command: string, env: Record<string, string> = {}): Promise<Measured> {
  // bash's `time` waits for a whole pipeline and counts the children of children.
  const timed = `set -o pipefail; TIMEFORMAT='%R %U %S'; time { ${command}; }`;
  const child = spawn('bash', ['-c', timed], { env: { ...quiet, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => {
    errors += text.toString();
  });
  let peakRss = 0;
  const watch = setInterval(() => {
    peakRss = Math.max(peakRss, peakOfTree(child.pid ?? 0));
  }, 100);
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(watch);
  const lines = errors.trimEnd().split('\n');
  const [seconds = 0, user = 0, system = 0] = (lines.pop() ?? '').split(' ').map(Number);
  if (code !== 0) throw new Error(`${command}\nended with ${code}:\n${lines.join('\n').slice(-2000)}`);
  return { seconds, cpuSeconds: user + system, peakRss };
}

/** The sum of the peaks of the processes below `root`, the shell itself left out. */
function peakOfTree(root: number): number {
  const parents = new Map<number, number>();
  try {
    for (const name of readdirSync('/proc')) {
      if (/^\d+$/.test(name)) parents.set(Number(name), Number(field(name, /^PPid:\s+(\d+)/m)));
    }
    return [...parents.keys()]
      .filter((pid) => pid !== root && isBelow(pid, root, parents))
      .reduce((sum, pid) => sum + 1024 * Number(field(String(pid), /^VmHWM:\s+(\d+) kB/m)), 0);
  } catch {
    return 0;
  }
}

function isBelow(pid: number, root: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at)) if (at === root) return true;
  return false;
}

/** Of a process that may just have gone. */
function field(pid: string, pattern: RegExp): string {
  try {
    return pattern.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  } catch {
    return '0';
  }
}

/** The middle one of a few, by the number that counts. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = 0, high = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return (low + high) / 2;
}
