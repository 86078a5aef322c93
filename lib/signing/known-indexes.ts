import { join } from 'node:path';
import * as z from 'zod';
import { managerOfKey } from '../storage/layout.ts';
import type { Sequences } from '../storage/seal.ts';
import { readRemembered, remember } from './remembered.ts';

/** By place (a folder or a bucket) and by key, the sequence of each index that this machine has seen last. */
const KnownIndexes = z.record(z.string(), z.record(z.string(), z.number().int().nonnegative()));
const fileIn = (stateFolder: string) => join(stateFolder, 'known-indexes.json');
const WHAT = 'which indexes this machine has seen, is damaged. Move it away; they are then met anew.';

/** Who puts a whole store back as it once was cannot put back what other machines remember of it. */
export function knownIndexesOf(stateFolder: string, place: string): Sequences {
  const file = fileIn(stateFolder);
  return {
    remembered: rememberedAt(stateFolder, place),
    seen: async (key) => (await readRemembered(file, KnownIndexes, WHAT))[place]?.[key] ?? 0,
    async saw(key, sequence) {
      const known = await readRemembered(file, KnownIndexes, WHAT);
      if ((known[place]?.[key] ?? 0) >= sequence) return;
      await remember(file, { ...known, [place]: { ...known[place], [key]: sequence } });
    },
  };
}

/** What a person removes who has emptied the place: `the entry "/mnt/backup" from /root/.local/state/offsite/known-indexes.json`. */
export const rememberedAt = (stateFolder: string, place: string) => `the entry "${place}" from ${fileIn(stateFolder)}`;

/** The managers of which an index was seen in a place. */
export async function managersSeen(stateFolder: string, place: string): Promise<string[]> {
  const known = (await readRemembered(fileIn(stateFolder), KnownIndexes, WHAT))[place] ?? {};
  return [...new Set(Object.keys(known).map(managerOfKey))].sort();
}
