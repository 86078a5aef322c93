import { type GeneratedArchive, makeArchive } from '../archive/make-archive.ts';
import { fileSource } from '../archive/tampered.ts';
import type { ArchiveChoice } from './options.ts';
import type { ArchiveFactory } from './worker.ts';

/** Each create gets bytes of its own: the seed counts on. The first has exactly the seed that was asked for. */
export async function archiveFactory(choice: ArchiveChoice, version: string): Promise<ArchiveFactory> {
  if ('source' in choice) return () => choice.source;
  if ('file' in choice) {
    const source = await fileSource(choice.file);
    return () => source;
  }
  let made = 0;
  const archives = new Map<string, GeneratedArchive>();
  return ({ executionId, isLegacy }) => {
    const known = archives.get(executionId);
    if (known !== undefined) return known;
    const archive = makeArchive({
      format: isLegacy ? 'legacy' : 'new',
      version,
      ...choice,
      seed: (choice.seed ?? 1) + made++,
    });
    archives.set(executionId, archive);
    return archive;
  };
}
