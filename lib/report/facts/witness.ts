import type * as z from 'zod';
import type { Entry, JsonRecords } from '../../storage/json-records.ts';
import type { Listed, NamedRecord } from '../../storage/near.ts';
import type { Accepts } from '../../storage/record-text.ts';
import type { KnownAs, Sequences, Standing } from '../../storage/seal.ts';

/** A record that a report was made of, so that an auditor can fetch the same bytes and compare them. */
export interface Input {
  readonly key: string;
  /** Null: storage named none. */
  readonly versionId: string | null;
  readonly sha256: string;
  /** How the record stands to its signature; null: of a kind that is not signed, or signatures were not looked at. */
  readonly signature: Standing['state'] | null;
  /** Of what signed it. */
  readonly signedBy: string | null;
}

/** A key that has signed records, and how it is known where the report is made. */
export interface SigningKey {
  readonly fingerprint: string;
  readonly known: KnownAs;
}

type Read = Pick<JsonRecords, 'read' | 'list' | 'names'> & { readonly sequences?: Sequences | undefined };

/** Records as everybody reads them, and a note of what was read. Names are asked for once. */
export class Witness {
  readonly #records: Read;
  readonly #names = new Map<string, Promise<readonly NamedRecord[]>>();
  readonly #inputs = new Map<string, Input>();
  readonly #digests = new Map<string, unknown>();
  readonly #keys = new Map<string, SigningKey['known']>();
  readonly #digest: (value: unknown) => unknown;

  /** `digest`: what of a record is wanted later, beside what the catalogue holds of it. */
  constructor(records: Read, digest: (value: unknown) => unknown = () => undefined) {
    this.#records = records;
    this.#digest = digest;
  }

  /** What this machine has seen of indexes: one that was put back is told by it. */
  get sequences(): Sequences | undefined {
    return this.#records.sequences;
  }

  async read<T extends z.ZodType>(
    key: string,
    schema: T,
    accepts: Accepts = 'genuine',
  ): Promise<Entry<z.infer<T>> | undefined> {
    const entry = await this.#records.read(key, schema, accepts);
    if (!entry) return undefined;
    const { standing, read } = entry;
    const signedBy = standing?.state === 'signed' ? standing.key : null;
    if (standing?.state === 'signed') this.#keys.set(standing.key, standing.known);
    const facts = { versionId: read?.versionId ?? null, sha256: read?.sha256 ?? '' };
    this.#inputs.set(key, { key, ...facts, signature: standing?.state ?? null, signedBy });
    const digest = this.#digest(entry.value);
    if (digest !== undefined) this.#digests.set(key, digest);
    return entry;
  }

  /** Every record is read anyway, so in a folder no file is read for an ETag that nothing is compared with. */
  async list(prefix: string): Promise<Listed[]> {
    return (await this.#records.names(prefix)).map((one) => ({ etag: '"not asked for"', ...one }));
  }

  async names(prefix: string): Promise<readonly NamedRecord[]> {
    const known = this.#names.get(prefix) ?? this.#records.names(prefix);
    this.#names.set(prefix, known);
    return await known;
  }

  /** What was read, in the order of the keys. */
  inputs(): Input[] {
    return [...this.#inputs.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  keys(): SigningKey[] {
    return [...this.#keys].map(([fingerprint, known]) => ({ fingerprint, known }));
  }

  inputOf(key: string): Input | undefined {
    return this.#inputs.get(key);
  }

  digestOf<T>(key: string): T | undefined {
    return this.#digests.get(key) as T | undefined;
  }
}
