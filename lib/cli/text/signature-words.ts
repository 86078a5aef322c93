import type { Entry } from '../../catalogue/entry.ts';

/** How the manifest of an archive is signed: by a trusted key, by one that lies beside the archives, or not at all. */
export function signedBy({ standing }: Entry): 'trusted' | 'beside' | 'no' {
  return standing?.state === 'signed' ? standing.known : 'no';
}

export function signatureText({ standing }: Entry): string {
  if (standing?.state !== 'signed') return 'no: it was recorded before records were signed';
  const whose = standing.known === 'trusted' ? 'which is trusted' : 'which lies beside the archives: compare it';
  return `with the key ${standing.key}, ${whose}`;
}

/** One line for each key that nothing but its place speaks for. */
export function strangeKeys(entries: readonly Entry[]): string[] {
  const keys = entries.flatMap(({ standing }) =>
    standing?.state === 'signed' && standing.known === 'beside' ? [standing.key] : [],
  );
  return [...new Set(keys)].map(
    (key) =>
      `Signed with the key ${key}, which lies beside the archives. Compare it with your recovery sheet; then give --trust-key ${key}.`,
  );
}
