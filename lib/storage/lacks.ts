import type { StoreCapabilities } from './capabilities.ts';

/** What a store may lack, and what happens instead. Both are read by people: in reports, and in docs/reference/stores.md. */
export interface Lack {
  readonly what: string;
  readonly instead: string;
}

type Rule = readonly [isLacking: (store: StoreCapabilities) => boolean, what: string, instead: string];

/** Conditions on writes are never missing: such a store is refused. */
const RULES: readonly Rule[] = [
  [({ partChecksums }) => !partChecksums, 'checksums of parts', 'the checksums of the copy are used'],
  [({ wholeChecksums }) => !wholeChecksums, 'checksum of the whole archive', 'the checksum of the copy is recorded'],
  [
    ({ conditionalCompletes }) => !conditionalCompletes,
    'condition on completed uploads',
    'the claim of the run protects the archive',
  ],
  [({ versions }) => !versions, 'versions', 'what is deleted or overwritten is lost'],
  [({ versions, versionsListed }) => versions && !versionsListed, 'list of versions', 'the list of objects is used'],
  [
    ({ uploadsListed }) => uploadsListed === 'by key',
    'list of open uploads by prefix',
    'uploads of killed runs are looked up one by one',
  ],
  [
    ({ uploadsListed }) => uploadsListed === 'no',
    'list of open uploads',
    'uploads of killed runs stay, so set a rule on the bucket that ends them',
  ],
  [({ tags }) => !tags, 'tags', 'run offsite retention expire'],
  [({ presignedReads }) => !presignedReads, 'signed URLs', 'restores are sent as a stream'],
];

export function lacksOf(store: StoreCapabilities): Lack[] {
  return RULES.filter(([isLacking]) => isLacking(store)).map(([, what, instead]) => ({ what, instead }));
}
