import * as z from 'zod';
import { Fingerprint } from '../base/schemas.ts';
import { readRemembered, remember } from './remembered.ts';
import type { Trust } from './trust.ts';

/** By place (a folder or a bucket), the keys that lay beside its archives when this machine first read them. */
const KnownKeys = z.record(z.string(), z.array(Fingerprint));
const WHAT = 'which keys this machine knows, is damaged. Move it away; the keys are then met anew.';

/**
 * As a client of SSH knows hosts: the keys beside the archives are believed when a place is read for the first time, and
 * remembered. One that comes later is not believed until a person has named it. A machine that can remember nothing
 * believes the keys beside the archives each time.
 */
export function knownKeysOf(file: string, place: string): Trust['admitsBeside'] {
  let admitted: Promise<readonly string[]> | undefined;
  return async (fingerprint, shelf) => {
    admitted ??= admittedAt(file, place, shelf).catch((error: unknown) => {
      admitted = undefined;
      throw error;
    });
    return (await admitted).includes(fingerprint);
  };
}

async function admittedAt(file: string, place: string, shelf: () => Promise<string[]>): Promise<readonly string[]> {
  const known = await readRemembered(file, KnownKeys, WHAT);
  if (known[place]) return known[place];
  const found = await shelf();
  // Archives from before records were signed have no key beside them: that is no meeting to be remembered.
  if (found.length > 0) await remember(file, { ...known, [place]: found });
  return found;
}
