import * as z from 'zod';
/** What signatures of records have to be. */
export const Signatures = z.strictObject({
  /** A record that storage got since then without a signature counts as forged. */
  requiredSince: z.iso.datetime({ offset: true }).optional(),
  /** Fingerprints of the keys that are trusted, and of no others; without any those beside the archives. */
  trustedKeys: z
    .array(z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 digits from 0 to 9 and a to f'))
    .max(20)
    .optional(),
});
