const P1 = 0x9e3779b1;
const P2 = 0x5f356495;

/** Bytes of a text that are kept for its words; longer ones are none of those that we look for. */
const MAX_KEPT_BYTES = 8192;

/**
 * The 64-bit hash of a text that comes in pieces of UTF-8 and in UTF-16 units (from escapes): the same for every way to
 * write the same text. Two of a million texts are mistaken for one once in 40 million archives.
 */
export class TextHash {
  /** Of what was ended last; unsigned, and never both 0. */
  first = 0;
  second = 0;
  #a = 0;
  #b = 0;
  /** A high surrogate whose low one may come next. */
  #surrogate = 0;
  #kept: number[] | undefined;

  /** `mark` sets texts apart from numbers and the like. `keep`: the text itself is wanted as well. */
  begin(mark: number, keep: boolean): void {
    this.#a = 0x2545f491 ^ mark;
    this.#b = 0x4f6cdd1d ^ mark;
    this.#surrogate = 0;
    this.#kept = keep ? [] : undefined;
  }

  bytes(data: ArrayLike<number>, from: number, to: number): void {
    if (from === to) return;
    this.#endSurrogate();
    if (this.#kept) keep(this.#kept, data, from, to);
    let a = this.#a;
    let b = this.#b;
    for (let at = from; at < to; at++) {
      const byte = data[at] ?? 0;
      // The shifts let high bits reach low ones, which multiplying alone never does.
      a = Math.imul(a ^ byte, P1);
      a ^= a >>> 15;
      b = Math.imul(b ^ byte, P2);
      b ^= b >>> 13;
    }
    this.#a = a;
    this.#b = b;
  }

  /** One UTF-16 unit, as `\uXXXX` writes it. A pair is one character; a lone surrogate, which Python takes, is itself. */
  unit(unit: number): void {
    const high = this.#surrogate;
    if (high !== 0 && unit >= 0xdc00 && unit < 0xe000) {
      this.#surrogate = 0;
      this.#encode(0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
      return;
    }
    this.#endSurrogate();
    if (unit >= 0xd800 && unit < 0xdc00) this.#surrogate = unit;
    else this.#encode(unit);
  }

  /** Two words of another hash, to tell apart what is in different places. Nothing of them is kept as text. */
  words(first: number, second: number): void {
    this.#endSurrogate();
    let a = this.#a;
    let b = this.#b;
    // Their bits are scattered already: a word at once is enough, and no list for it.
    a = Math.imul(a ^ first, P1);
    b = Math.imul(b ^ first, P2);
    a = Math.imul(a ^ (a >>> 15) ^ second, P1);
    b = Math.imul(b ^ (b >>> 13) ^ second, P2);
    this.#a = a ^ (a >>> 15);
    this.#b = b ^ (b >>> 13);
  }

  /** The two halves are then in `first` and `second`: a pair for each of millions of items would be for the collector. */
  end(): void {
    this.#endSurrogate();
    this.first = scatter(this.#a ^ Math.imul(this.#b, P2));
    this.second = scatter(this.#b ^ Math.imul(this.#a, P1));
    if (this.first === 0 && this.second === 0) this.second = 1;
  }

  /** What was kept of the text. */
  text(): string {
    return Buffer.from(this.#kept ?? []).toString();
  }

  #endSurrogate(): void {
    const high = this.#surrogate;
    this.#surrogate = 0;
    if (high !== 0) this.#encode(high);
  }

  #encode(point: number): void {
    const tail = (shift: number) => 0x80 | ((point >> shift) & 0x3f);
    let bytes = [point];
    if (point >= 0x10000) bytes = [0xf0 | (point >> 18), tail(12), tail(6), tail(0)];
    else if (point >= 0x800) bytes = [0xe0 | (point >> 12), tail(6), tail(0)];
    else if (point >= 0x80) bytes = [0xc0 | (point >> 6), tail(0)];
    this.bytes(bytes, 0, bytes.length);
  }
}

function keep(kept: number[], data: ArrayLike<number>, from: number, to: number): void {
  for (let at = from; at < to && kept.length < MAX_KEPT_BYTES; at++) kept.push(data[at] ?? 0);
}

/** The last step of MurmurHash3: every bit of the input changes half of the bits. */
function scatter(value: number): number {
  let word = value;
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}
