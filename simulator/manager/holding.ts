/** Alike things of one type in one tenant, told apart by their number from 0; a deleted one leaves a gap. */
export class Holding {
  #capacity = 0;
  #gone: number[] = [];

  get size(): number {
    return this.#capacity - this.#gone.length;
  }

  /** All that were ever there: numbers are below it. */
  get capacity(): number {
    return this.#capacity;
  }

  has(number: number): boolean {
    return number < this.#capacity && !this.#gone.includes(number);
  }

  /** The number of what stands at a place in the list. */
  numberAt(position: number): number {
    return this.#gone.reduce((number, gone) => (gone <= number ? number + 1 : number), position);
  }

  /** Puts the numbers below `count` there, those that were deleted too. */
  add(count: number): void {
    this.#gone = this.#gone.filter((number) => number >= count);
    this.#capacity = Math.max(this.#capacity, count);
  }

  /** The numbers below `count` that are there. */
  below(count: number): number[] {
    const gone = new Set(this.#gone);
    return Array.from({ length: Math.min(count, this.#capacity) }, (_, n) => n).filter((n) => !gone.has(n));
  }

  delete(number: number): void {
    if (!this.has(number)) return;
    this.#gone = [...this.#gone, number].sort((a, b) => a - b);
    this.#tidy();
  }

  /** Deletes every number that falls to the owner when all are dealt out in turn. */
  deleteShare(owner: number, owners: number): void {
    const gone = new Set(this.#gone);
    for (let number = owner; number < this.#capacity; number += Math.max(1, owners)) gone.add(number);
    this.#gone = [...gone].sort((a, b) => a - b);
    this.#tidy();
  }

  /** An empty holding begins anew. */
  #tidy(): void {
    if (this.size > 0) return;
    this.#capacity = 0;
    this.#gone = [];
  }
}
