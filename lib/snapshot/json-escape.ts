import { LETTER_U, MEANT } from './json-grammar.ts';

const HEX_DIGITS = 4;

/** What follows a backslash in a string of JSON, byte by byte. */
export class JsonEscape {
  /** Digits of `\uXXXX` that are still to come; -1 before the first byte. */
  #missing = -1;
  #unit = 0;

  begin(): void {
    this.#missing = -1;
    this.#unit = 0;
  }

  /** The UTF-16 unit that the escape stands for, once it is whole; `undefined` when it is none. */
  take(byte: number): number | 'more' | undefined {
    if (this.#missing === -1) {
      if (byte !== LETTER_U) return MEANT[byte] || undefined;
      this.#missing = HEX_DIGITS;
      return 'more';
    }
    const digit = Number.parseInt(String.fromCharCode(byte), 16);
    if (Number.isNaN(digit)) return undefined;
    this.#unit = this.#unit * 16 + digit;
    this.#missing--;
    return this.#missing === 0 ? this.#unit : 'more';
  }
}
