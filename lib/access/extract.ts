import { closeSync, constants, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { link, lstat, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidInput } from '../base/errors.ts';
import { makeFolders } from '../base/folders.ts';
import { sweepLeftovers } from '../base/leftovers.ts';
import { outputRefused } from '../base/output-files.ts';
import type { ByteSource } from '../zip/byte-source.ts';
import { type Directory, openDirectory } from '../zip/directory.ts';
import type { Member } from '../zip/member.ts';
import { readMember } from '../zip/member-runs.ts';
import { targetPath } from './target-path.ts';

export interface Extraction {
  readonly label: string;
  /** Which members; folders of the archive are made as they are needed. */
  readonly wants: (name: string) => boolean;
  readonly force: boolean;
  readonly now: Date;
  readonly signal: AbortSignal;
}

export interface Extracted {
  readonly name: string;
  readonly size: number;
}

/** Under it a file is written until it is proven. */
const partialName = ({ offset }: Member) => `.offsite-extract-${offset}.part`;
const PARTIAL = /^\.offsite-extract-\d+\.part$/;

const isFile = ({ name }: Member) => !name.endsWith('/');

/**
 * Writes members below `folder`: each for its owner alone, and under its name only when its bytes have the archive's CRC-32.
 * All names are looked at before the first is written. Throws `InvalidInput`,
 * `StorageRefused` (a file cannot be written), and what the reader of archives throws.
 */
export async function extract(source: ByteSource, folder: string, wish: Extraction): Promise<Extracted[]> {
  try {
    return await extracted(source, folder, wish);
  } catch (error) {
    const { path = folder } = error as NodeJS.ErrnoException;
    throw outputRefused(error, path, { option: '--to', is: 'folder' });
  }
}

async function extracted(source: ByteSource, folder: string, wish: Extraction): Promise<Extracted[]> {
  const { label, wants, signal } = wish;
  const directory = await openDirectory(source, label, { signal });
  const members = await wanted(directory, wants);
  await makeFolders(folder);
  const targets: { member: Member; path: string }[] = [];
  for (const member of members) targets.push({ member, path: await targetPath(folder, member.name) });
  await refuseTwice(targets, wish.force);
  await sweepLeftovers(folder, (name) => PARTIAL.test(name), wish.now);
  for (const target of targets) await extractOne(source, folder, target, wish);
  return members.map(({ name, size }) => ({ name, size }));
}

async function wanted(directory: Directory, wants: (name: string) => boolean): Promise<Member[]> {
  const members: Member[] = [];
  for await (const member of directory.members()) if (isFile(member) && wants(member.name)) members.push(member);
  return members;
}

/** A file system may not tell `A` from `a`: then the second would replace the first. */
async function refuseTwice(targets: readonly { member: Member; path: string }[], force: boolean): Promise<void> {
  const seen = new Map<string, string>();
  for (const { member, path } of targets) {
    const same = seen.get(path.normalize('NFC').toLowerCase());
    if (same) throw new InvalidInput(`The files ${same} and ${member.name} may be one file on this system.`);
    seen.set(path.normalize('NFC').toLowerCase(), member.name);
    const there = await lstat(path).catch(() => undefined);
    if (there && !force) throw new InvalidInput(`${path} exists already. Add --force to replace files.`);
    if (there?.isDirectory()) throw new InvalidInput(`${path} is a folder.`);
  }
}

async function extractOne(
  source: ByteSource,
  folder: string,
  { member, path }: { member: Member; path: string },
  { label, force, signal }: Extraction,
): Promise<void> {
  const partial = join(folder, partialName(member));
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
  await unlink(partial).catch(() => undefined);
  const file = openSync(partial, flags, 0o600);
  try {
    try {
      const sink = (piece: Buffer) => {
        for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
      };
      await readMember(source, label, member, { signal, begin: () => ({ sink, done: () => fsyncSync(file) }) });
    } finally {
      closeSync(file);
    }
    if (force) return await rename(partial, path);
    // Unlike a rename, a link replaces nothing.
    await link(partial, path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw new InvalidInput(`${path} exists already. Add --force to replace files.`);
      await rename(partial, path);
    });
  } finally {
    try {
      unlinkSync(partial);
    } catch {
      // It has its name already.
    }
  }
}

/** Every member as the directory has it, in the order of the archive. */
export async function* listMembers(source: ByteSource, label: string, signal: AbortSignal) {
  const directory = await openDirectory(source, label, { signal });
  for await (const { name, size, compressedSize } of directory.members()) yield { name, size, compressedSize };
}
