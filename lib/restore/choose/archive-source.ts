import { ContractViolation, SourceChanged } from '../../base/errors.ts';
import type { Deps } from '../../deps.ts';
import type { VersionId } from '../../storage/version-id.ts';
import type { ByteSource } from '../../zip/byte-source.ts';
import type { RestoreInput } from '../input.ts';
import type { Selection } from '../state.ts';
import { openForeign } from './archive-from-url.ts';
import { shownUrl } from './presigned-urls.ts';

type ArchiveSourceDeps = Pick<Deps, 'archive' | 'redactor' | 'signal' | 'settings' | 'rulesOf' | 'network'>;

/**
 * The selected archive, from the bucket or from its URL. Throws as `openForeign`, and `SourceChanged` when the URL gives
 * another archive than the one that was looked into.
 */
export async function sourceOf(
  input: Pick<RestoreInput, 'archiveUrl' | 'manager'>,
  selection: Selection,
  deps: ArchiveSourceDeps,
): Promise<ByteSource> {
  const stored = storedOf(selection);
  if (stored) return deps.archive.source(stored.key, stored.versionId, selection.size);
  const source = await openForeign({ url: urlOf(input), manager: input.manager }, deps);
  const at = `The archive at ${shownUrl(urlOf(input))}`;
  if (source.size !== selection.size) {
    throw new SourceChanged(
      `${at} has ${source.size} bytes now; it had ${selection.size} when it was selected. Run the restore again.`,
    );
  }
  if (source.tag === selection.sourceTag) return source;
  throw new SourceChanged(
    `${at} is not the one that was selected: its ETag or its date is another one. Run the restore again.`,
  );
}

/** Where in the bucket the selected archive is; undefined for one from a URL. */
export function storedOf({
  from,
  key,
  versionId,
}: Pick<Selection, 'from' | 'key' | 'versionId'>): { readonly key: string; readonly versionId: VersionId } | undefined {
  if (from === 'url') return undefined;
  if (key !== null) return { key, versionId };
  throw new ContractViolation('An archive was selected from the bucket, but without its key and version.');
}

/** The URL that the archive was selected from; it stays in the execution's input. */
export function urlOf({ archiveUrl }: Pick<RestoreInput, 'archiveUrl'>): string {
  if (archiveUrl !== undefined) return archiveUrl;
  throw new ContractViolation('An archive was selected by URL, but the input has no archiveUrl.');
}
