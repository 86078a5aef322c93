import { open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { seconds } from '../../lib/base/durations.ts';
import { lifeOfProcess } from '../../lib/base/process-identity.ts';
import { hasCode, isMissing, PRIVATE_FILE } from './files.ts';

/** A holder writes its lock anew this often; one that was not written for six times as long is dead. */
export const TOUCH_MS = seconds(10);
const DEAD_MS = 6 * TOUCH_MS;

const GENERATION = /^lock(?:\.([a-z0-9-]{1,63}))?-(\d{6,12})$/;
/** Of version 0.1: one file, linked into place. */
const OLD_LOCK = 'lock';
/** What a killed process leaves: a probe, or the file that version 0.1 linked. */
const LEFTOVER = /^(\.probe-.+|lock\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** The newest lock file of one scope: `lock-000007` of the whole folder, `lock.m1-000002` of a scope `m1`. */
export interface Generation {
  /** Undefined: of the whole folder. */
  readonly scope: string | undefined;
  readonly number: number;
  readonly file: string;
}

export interface LockFiles {
  /** The newest of each scope. Only these say who holds what. */
  readonly newest: readonly Generation[];
  readonly older: readonly Generation[];
  /** The lock of version 0.1, if there is one. */
  readonly old: string | undefined;
  readonly leftovers: readonly string[];
}

export async function readLockFiles(meta: string): Promise<LockFiles> {
  const names = await readdir(meta);
  const all = names.flatMap((name): Generation[] => {
    const found = GENERATION.exec(name);
    return found ? [{ scope: found[1], number: Number(found[2]), file: join(meta, name) }] : [];
  });
  const isNewest = (one: Generation) => !all.some(({ scope, number }) => scope === one.scope && number > one.number);
  return {
    newest: all.filter(isNewest),
    older: all.filter((one) => !isNewest(one)),
    old: names.includes(OLD_LOCK) ? join(meta, OLD_LOCK) : undefined,
    leftovers: names.filter((name) => LEFTOVER.test(name)).map((name) => join(meta, name)),
  };
}

export function lockFileName(scope: string | undefined, number: number): string {
  return `lock${scope === undefined ? '' : `.${scope}`}-${String(number).padStart(6, '0')}`;
}

/** Makes the file, empty; false when it is there already: of many that try, one succeeds. */
export async function createExclusively(file: string): Promise<boolean> {
  try {
    await (await open(file, 'wx', PRIVATE_FILE)).close();
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Writes over a file that must be there, without a moment at which it is empty, and without taking room on a full disk. */
export async function overwrite(file: string, text: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.write(text, 0);
  } finally {
    await handle.close();
  }
}

const Holder = z.object({ place: z.string(), pid: z.number(), began: z.string() });

/** `now`: the time of the file system, which may have another clock than this machine. */
export async function isHeld(file: string, now: number): Promise<boolean> {
  const content = parse(await contentOf(file));
  if (content && 'released' in content) return false;
  const identity = Holder.safeParse(content);
  const life = identity.success ? lifeOfProcess(identity.data) : 'unknown';
  // Our own process may serve a folder again after a server of it was dropped without a close, as tests do.
  if (life === 'ended' || (identity.success && life === 'running' && identity.data.pid === process.pid)) return false;
  return life === 'running' || (await isFresh(file, now));
}

/** Written within the last minute. A time in the future is as old as one in the past: its writer's clock was wrong. */
export async function isFresh(file: string, now: number): Promise<boolean> {
  const found = await stat(file).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  return found?.isFile() === true && Math.abs(now - found.mtimeMs) < DEAD_MS;
}

/** Empty: it is gone, a folder, or another user's. Then its time alone says whether it is held. */
export async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'EISDIR', 'EACCES') || isMissing(error)) return '';
    throw error;
  }
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A leftover that cannot be removed keeps nobody from working. */
export async function removeLeftover(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => undefined);
}
