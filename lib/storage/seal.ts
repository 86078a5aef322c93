import type * as z from 'zod';

/** `trusted`: configured or named, or this machine's own; `beside`: it lies in the bucket. */
export type KnownAs = 'trusted' | 'beside';

/** How a record stands to the signature that it should have. */
export type Standing =
  | { readonly state: 'signed'; readonly key: string; readonly known: KnownAs }
  /** Written before records were signed. */
  | { readonly state: 'unsigned' }
  /** `why` completes "The record …". `isStrange`: nobody here trusts its key, and so nobody can tell. */
  | { readonly state: 'forged'; readonly why: string; readonly isStrange?: true };

/** What was seen last of a record that counts: one that counts less than before was put back as it once was. */
export interface Sequences {
  /** 0: none was ever seen. */
  seen(key: string): Promise<number>;
  saw(key: string, sequence: number): Promise<void>;
  /** What a person removes to have it forgotten: an entry from a file. */
  readonly remembered: string;
}

/** Signs records and judges their signatures. lib/signing/ makes it; without one records are read and written as they are. */
export interface Seal {
  /** The record with its signature. */
  sign(key: string, record: object): Promise<object>;
  /** `storedAt`: when storage got it, which no writer can choose. */
  judge(key: string, record: object, storedAt: Date | undefined): Promise<Standing>;
  /** How a key is known here; undefined: it is not believed. */
  knows(fingerprint: string): Promise<KnownAs | undefined>;
  /** Undefined where nothing is remembered. */
  readonly sequences?: Sequences | undefined;
}

/** Where public keys lie: records of the same bucket, which are not signed themselves. */
export interface KeyShelf {
  read<T extends z.ZodType>(key: string, schema: T): Promise<{ readonly value: z.infer<T> } | undefined>;
  write(key: string, value: unknown, expected: 'absent'): Promise<boolean>;
  list(prefix: string): Promise<{ readonly key: string }[]>;
}

/** Public keys lie in the bucket as well, so a seal is made for its records. */
export type Sealing = (shelf: KeyShelf) => Seal;
