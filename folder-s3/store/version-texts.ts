import { OffHeapTexts } from './off-heap-texts.ts';
import type { Version } from './version.ts';

/** Many objects have the same headers and tags, as all manifests of a class. More of them are not looked for. */
const MOST_SHARED = 1000;
/** Replaced texts are let go when they are most of all, and worth it. */
const WORTH_IT = 4 * 1024 ** 2;

type Row = readonly [id: string, lastModified: string, size: number, etag: string, rest: number | Rest];
type Rest = Omit<Version, 'id' | 'lastModified' | 'size' | 'etag'>;

/** The versions of each key as a short text outside of the heap, parsed when they are asked for. */
export class VersionTexts {
  readonly #places = new Map<string, number>();
  readonly #shared = new Map<string, number>();
  readonly #rests: string[] = [];
  #texts = new OffHeapTexts();
  #used = 0;

  keys(): Iterable<string> {
    return this.#places.keys();
  }

  has(key: string): boolean {
    return this.#places.has(key);
  }

  get(key: string): Version[] {
    const place = this.#places.get(key);
    return place === undefined ? [] : (JSON.parse(this.#texts.at(place)) as Row[]).map((row) => this.#versionOf(row));
  }

  set(key: string, versions: readonly Version[]): void {
    this.#release(key);
    const text = JSON.stringify(versions.map((version) => this.#rowOf(version)));
    this.#places.set(key, this.#texts.add(text));
    this.#used += OffHeapTexts.sizeOf(text);
    if (this.#texts.bytes > 2 * this.#used + WORTH_IT) this.#tidy();
  }

  delete(key: string): void {
    this.#release(key);
    this.#places.delete(key);
  }

  #release(key: string): void {
    const place = this.#places.get(key);
    if (place !== undefined) this.#used -= OffHeapTexts.sizeOf(this.#texts.at(place));
  }

  #tidy(): void {
    const texts = new OffHeapTexts();
    for (const [key, place] of this.#places) this.#places.set(key, texts.add(this.#texts.at(place)));
    this.#texts = texts;
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
