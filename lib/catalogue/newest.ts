import type { ManifestFilter } from './list-records.ts';

/**
 * The newest manifests without reading all of them: the last `count` by name and the last by when storage got them, since
 * people may repeat an old run late, and names tell only when a run was scheduled.
 */
export function newestOnly(count: number): ManifestFilter {
  return (manifests) => {
    const byName = [...manifests].sort((a, b) => (a.key < b.key ? 1 : -1));
    const byTime = [...manifests].sort((a, b) => b.lastModified.getTime() - a.lastModified.getTime());
    return [...new Set([...byName.slice(0, count), ...byTime.slice(0, count)])];
  };
}
