import type { OffHeapTexts } from './off-heap-texts.ts';

/** Places of texts in the order of their bytes. */
export class SortedPlaces {
  readonly #texts: OffHeapTexts;
  #places: Int32Array;
  #count: number;

  constructor(places: Int32Array, texts: OffHeapTexts) {
    this.#texts = texts;
    this.#places = places.sort((a, b) => texts.compare(a, b));
    this.#count = places.length;
  }

  insert(place: number): void {
    const at = this.#firstFrom((other) => this.#texts.compare(other, place));
    if (this.#count === this.#places.length) {
      const larger = new Int32Array(Math.ceil(this.#count * 1.5) + 16);
      larger.set(this.#places);
      this.#places = larger;
    }
    this.#places.copyWithin(at + 1, at, this.#count);
    this.#places[at] = place;
    this.#count += 1;
  }

  remove(place: number): void {
    const at = this.#firstFrom((other) => this.#texts.compare(other, place));
    if (this.#places[at] !== place) return;
    this.#places.copyWithin(at, at + 1, this.#count);
    this.#count -= 1;
  }

  *from(first: Buffer): Generator<number> {
    for (let at = this.#firstFrom((place) => this.#texts.compareTo(place, first)); at < this.#count; at++)
      yield this.#places[at] ?? 0;
  }

  /** Where the first is that does not compare as less. */
  #firstFrom(compared: (place: number) => number): number {
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compared(this.#places[middle] ?? 0) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
