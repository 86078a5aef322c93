import { ByteCursor } from './byte-cursor.ts';
import type { ByteSource } from './byte-source.ts';
import { checkMember } from './check-member.ts';
import type { ArchiveOptions, Directory } from './directory.ts';
import type { Sink } from './inflate.ts';
import type { Member } from './member.ts';

const MiB = 1024 * 1024;

/** Unwanted bytes up to this many are read and dropped: at 50 MB/s that takes 20 ms, and a request of its own takes 30. */
const MAX_GAP_BYTES = MiB;

/** Members of one run are held as objects of some 300 bytes: 1 MB. */
const MAX_RUN_MEMBERS = 4096;

/** What to do with a member's bytes: a sink for them, and a call when they proved whole. */
export interface Reading {
  readonly sink: Sink;
  readonly done: () => void;
}

/**
 * Reads and checks those members that `begin` gives a reading for, in the order of the archive, neighbours with one range
 * read: 100,000 pages in as many requests would take an hour.
 */
export async function readMembers(
  source: ByteSource,
  label: string,
  directory: Directory,
  options: ArchiveOptions & {
    readonly wants: (member: Member) => boolean;
    readonly begin: (member: Member) => Reading;
  },
): Promise<void> {
  for await (const run of runsOf(directory, options.wants)) {
    await readRun(source, label, run, options);
  }
}

/** Reads one member on its own. Throws as `checkMember`. */
export async function readMember(
  source: ByteSource,
  label: string,
  member: Member,
  options: ArchiveOptions & { readonly begin: (member: Member) => Reading },
): Promise<void> {
  await readRun(source, label, [member], options);
}

async function readRun(
  source: ByteSource,
  label: string,
  run: readonly Member[],
  options: ArchiveOptions & { readonly begin: (member: Member) => Reading },
): Promise<void> {
  const [first, last] = [run[0], run.at(-1)];
  if (!first || !last) return;
  const cursor = await ByteCursor.open(source, first.offset, last.end - first.offset, options);
  try {
    for (const member of run) {
      options.signal?.throwIfAborted();
      await cursor.skip(member.offset - cursor.position);
      const { sink, done } = options.begin(member);
      await checkMember(cursor, member, label, sink);
      done();
    }
    await cursor.finish();
  } finally {
    cursor.close();
  }
}

async function* runsOf(directory: Directory, wants: (member: Member) => boolean): AsyncGenerator<Member[]> {
  let run: Member[] = [];
  for await (const member of directory.members()) {
    if (!wants(member)) continue;
    const last = run.at(-1);
    if (last && (member.offset - last.end > MAX_GAP_BYTES || run.length >= MAX_RUN_MEMBERS)) {
      yield run;
      run = [];
    }
    run.push(member);
  }
  if (run.length > 0) yield run;
}
