import type { StoreCapabilities } from '../../storage/capabilities.ts';

type Lack = readonly [isLacking: (store: StoreCapabilities) => boolean, says: string];

/** What may be missing, and what takes its place. Conditions on writes are never missing: such a store is refused. */
const LACKS: readonly Lack[] = [
  [({ partChecksums }) => !partChecksums, 'no CRC-32 of parts (our own are used)'],
  [({ wholeChecksums }) => !wholeChecksums, 'no CRC-32 of the whole archive (our own is recorded)'],
  [
    ({ conditionalCompletes }) => !conditionalCompletes,
    'no condition on completed uploads (the claim of the run guards)',
  ],
  [({ versions }) => !versions, 'no versions (what is deleted or overwritten is gone)'],
  [({ versions, versionsListed }) => versions && !versionsListed, 'no list of versions (the newest are listed)'],
  [({ uploadsListed }) => uploadsListed === 'by key', 'uploads listed by whole key only (each dead run is asked for)'],
  [({ uploadsListed }) => uploadsListed === 'no', 'no list of open uploads (set a rule that ends them)'],
  [({ tags }) => !tags, 'no tags (run offsite retention expire)'],
  [({ presignedReads }) => !presignedReads, 'no signed URLs (restores are sent as a stream)'],
];

/** One sentence without its full stop. */
export function storeText(store: StoreCapabilities): string {
  const lacks = LACKS.filter(([isLacking]) => isLacking(store)).map(([, says]) => says);
  return lacks.length === 0 ? 'has all that is used' : `has ${lacks.join(', ')}`;
}
