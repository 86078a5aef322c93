import { readdir, readFile } from 'node:fs/promises';
import type { Emulator } from './emulator.ts';

/** A process that a function runs in: what AWS calls its execution environment. */
export interface Worker {
  readonly pid: number;
  /** `offsite-copy-span` */
  readonly functionName: string;
  /** The most memory that it had so far, code and all, in MB. */
  readonly peakMB: number;
}

/** Those that live. Only Linux tells. */
export async function workersOf({ pid }: Emulator): Promise<Worker[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(processes.map((name) => workerAt(Number(name), pid).catch(() => undefined)));
  return found.flatMap((worker) => worker ?? []);
}

async function workerAt(pid: number, parent: number): Promise<Worker | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  if (Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]) !== parent) return undefined;
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
  const functionName = /(?:^|\0)AWS_LAMBDA_FUNCTION_NAME=([^\0]+)/.exec(environment)?.[1] ?? '';
  return { pid, functionName, peakMB: Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024 };
}
