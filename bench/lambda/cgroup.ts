import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ONE_CPU_MB } from '../../lib/base/step-spec.ts';

/** Lambda hands out CPU in slices of 20 ms, so that a function of 512 MB works for 5.8 ms and then stands still. */
const PERIOD_US = 20_000;
const ROOT = '/sys/fs/cgroup';

/** Folders of one group, one for each controller in version 1, the same one twice in version 2. */
interface Places {
  readonly version: 1 | 2;
  readonly cpu: string;
  readonly memory: string;
}

/**
 * A control group as narrow as a function of `memoryMB`: its share of a CPU, its memory, no swap. One for each command,
 * so that the peak is that command's. Needs root, as making any control group does.
 */
export class FunctionLimits {
  readonly #places: Places;

  constructor(memoryMB: number) {
    this.#places = placesOf(`offsite-bench-${process.pid}-${++made}`);
    const quota = Math.round((memoryMB / ONE_CPU_MB) * PERIOD_US);
    const bytes = memoryMB * 1024 * 1024;
    const { version, cpu, memory } = this.#places;
    for (const folder of new Set([cpu, memory])) mkdirSync(folder);
    if (version === 2) {
      writeFileSync(join(cpu, 'cpu.max'), `${quota} ${PERIOD_US}`);
      writeFileSync(join(memory, 'memory.max'), String(bytes));
      if (existsSync(join(memory, 'memory.swap.max'))) writeFileSync(join(memory, 'memory.swap.max'), '0');
    } else {
      writeFileSync(join(cpu, 'cpu.cfs_period_us'), String(PERIOD_US));
      writeFileSync(join(cpu, 'cpu.cfs_quota_us'), String(quota));
      writeFileSync(join(memory, 'memory.limit_in_bytes'), String(bytes));
    }
  }

  /** A shell command that enters the group and then does `command`. */
  around(command: string): string {
    const folders = [...new Set([this.#places.cpu, this.#places.memory])];
    return `( ${folders.map((one) => `echo $BASHPID > ${one}/cgroup.procs`).join(' && ')} && { ${command}; } )`;
  }

  /** The most that the group held at once, in bytes: pages of files that it read included. */
  peak(): number {
    const { version, memory } = this.#places;
    const file = version === 2 ? 'memory.peak' : 'memory.max_usage_in_bytes';
    return Number(readFileSync(join(memory, file), 'utf8'));
  }

  close(): void {
    for (const folder of new Set([this.#places.cpu, this.#places.memory])) rmdirSync(folder);
  }
}

let made = 0;

/** Why there are no control groups here, in a sentence; undefined when there are. */
export function whyNoLimits(): string | undefined {
  try {
    new FunctionLimits(512).close();
    return undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `There are no control groups for CPU and memory (version 1 or 2) that this user may make, as root may on Linux: ${reason}.`;
  }
}

function placesOf(name: string): Places {
  const controllers = join(ROOT, 'cgroup.controllers');
  if (existsSync(controllers)) {
    // Children get what the parent hands on, which a fresh machine does not do.
    writeFileSync(join(ROOT, 'cgroup.subtree_control'), '+cpu +memory');
    return { version: 2, cpu: join(ROOT, name), memory: join(ROOT, name) };
  }
  return { version: 1, cpu: join(ROOT, 'cpu', name), memory: join(ROOT, 'memory', name) };
}
