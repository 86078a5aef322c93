import { OffHeapTexts } from './off-heap-texts.ts';
import type { Version } from './version.ts';

/** Many objects have the same headers and tags, as all manifests of a class. More of them are not looked for. */
const MOST_SHARED = 1000;
/** Replaced texts are let go when they are most of all, and worth it. */
const WORTH_IT = 4 * 1024 ** 2;

type Row = readonly [id: string, lastModified: string, size: number, etag: string, rest: number | Rest];
type Rest = Omit<Version, 'id' | 'lastModified' | 'size' | 'etag'>;

/** The versions of a key as a short text outside of the heap, parsed when they are asked for. */
export class VersionTexts {
  readonly #shared = new Map<string, number>();
  readonly #rests: string[] = [];
  #texts = new OffHeapTexts();
  #used = 0;

  /** Gives the place to ask for them at. */
  add(versions: readonly Version[]): number {
    return this.#put(JSON.stringify(versions.map((version) => this.#rowOf(version))));
  }

  at(place: number): Version[] {
    return (JSON.parse(this.#texts.at(place)) as Row[]).map((row) => this.#versionOf(row));
  }

  /** Nobody asks for it any more. */
  release(place: number): void {
    this.#used -= OffHeapTexts.sizeOf(this.#texts.at(place));
  }

  /** Undefined: what was released is not worth it. Else each place that is in use is to be replaced by what this gives of it. */
  tidied(): ((place: number) => number) | undefined {
    if (this.#texts.bytes <= 2 * this.#used + WORTH_IT) return undefined;
    const before = this.#texts;
    this.#texts = new OffHeapTexts();
    this.#used = 0;
    return (place) => this.#put(before.at(place));
  }

  #put(text: string): number {
    this.#used += OffHeapTexts.sizeOf(text);
    return this.#texts.add(text);
  }

  #rowOf({ id, lastModified, size, etag, ...rest }: Version): Row {
    const text = JSON.stringify(rest);
    const known = this.#shared.get(text);
    if (known !== undefined) return [id, lastModified, size, etag, known];
    if (this.#rests.length >= MOST_SHARED) return [id, lastModified, size, etag, rest];
    this.#shared.set(text, this.#rests.length);
    return [id, lastModified, size, etag, this.#rests.push(text) - 1];
  }

  #versionOf([id, lastModified, size, etag, rest]: Row): Version {
    const own = typeof rest === 'number' ? (JSON.parse(this.#rests[rest] as string) as Rest) : rest;
    return { id, lastModified, size, etag, ...own };
  }
}
