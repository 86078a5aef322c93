import * as z from 'zod';
import type { Sequences } from '../storage/seal.ts';
import { readRemembered, remember } from './remembered.ts';

/** By place (a folder or a bucket) and by key, the sequence of each index that this machine has seen last. */
const KnownIndexes = z.record(z.string(), z.record(z.string(), z.number().int().nonnegative()));
const WHAT = 'which indexes this machine has seen, is damaged. Move it away; they are then met anew.';

/** Who puts a whole store back as it once was cannot put back what other machines remember of it. */
export function knownIndexesOf(file: string, place: string): Sequences {
  return {
    seen: async (key) => (await readRemembered(file, KnownIndexes, WHAT))[place]?.[key] ?? 0,
    async saw(key, sequence) {
      const known = await readRemembered(file, KnownIndexes, WHAT);
      if ((known[place]?.[key] ?? 0) >= sequence) return;
      await remember(file, { ...known, [place]: { ...known[place], [key]: sequence } });
    },
  };
}
