const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LETTER_I = 0x49;

/** Python 3.11 refuses integers of more digits (sys.get_int_max_str_digits). */
const MAX_INT_DIGITS = 4300;

/** Longest text that is kept: an integer of the most digits, with its sign. */
const MAX_TEXT = MAX_INT_DIGITS + 1;

/** Values without quotes that json.load takes: the last three are not JSON, but Python writes and reads them. */
const WORDS = ['true', 'false', 'null', 'NaN', 'Infinity', '-Infinity'];
const FIRST_OF_WORDS: ReadonlySet<number> = new Set(WORDS.map((word) => word.charCodeAt(0)));

// What has been read of `-12.5e+3`, or a word.
const SIGN = 0;
const NOUGHT = 1;
const INTEGER = 2;
const POINT = 3;
const FRACTION = 4;
const EXPONENT = 5;
const EXPONENT_SIGN = 6;
const EXPONENT_DIGITS = 7;
const WORD = 8;
const WRONG = 9;

/** A number or a word of JSON as Python reads it, byte by byte. */
export class JsonScalar {
  #state = SIGN;
  #digits = 0;
  #text = '';

  /** False when no number and no word begins with `first`. */
  begin(first: number): boolean {
    this.#digits = 0;
    this.#text = '';
    this.#state = SIGN;
    if (first !== MINUS && FIRST_OF_WORDS.has(first)) this.#state = WORD;
    else if (first !== MINUS && !isDigit(first)) return false;
    if (first === MINUS) this.#text = '-';
    else this.takes(first);
    return true;
  }

  /** Whether `byte` is part of it. */
  takes(byte: number): boolean {
    const next = this.#after(byte);
    if (next === undefined) return false;
    if (next === INTEGER) this.#digits++;
    this.#state = next;
    if (this.#text.length < MAX_TEXT) this.#text += String.fromCharCode(byte);
    return true;
  }

  /** What is wrong with one that ends here. */
  fault(): string | undefined {
    const state = this.#state;
    if (state === INTEGER && this.#digits > MAX_INT_DIGITS) return `an integer of ${this.#digits} digits`;
    if (state === WORD) return WORDS.includes(this.#text) ? undefined : 'a literal that is not a value';
    const isWhole = state === NOUGHT || state === INTEGER || state === FRACTION || state === EXPONENT_DIGITS;
    return isWhole ? undefined : 'a number that is not valid';
  }

  /** The same text for all that Python takes for equal: 1, 1.0, 10e-1 and true are one key of a dictionary. */
  value(): string {
    if (this.#text === 'true') return '1';
    if (this.#text === 'false') return '0';
    if (this.#state === INTEGER || this.#state === NOUGHT) return String(BigInt(this.#text));
    if (this.#state === WORD) return this.#text;
    const value = Number(this.#text);
    return Number.isInteger(value) ? String(BigInt(value)) : String(value);
  }

  #after(byte: number): number | undefined {
    const state = this.#state;
    if (state === WORD || (state === SIGN && byte === LETTER_I)) return isLetter(byte) ? WORD : undefined;
    if (isDigit(byte)) {
      if (state === SIGN) return byte === ZERO ? NOUGHT : INTEGER;
      if (state === NOUGHT) return WRONG;
      if (state === POINT) return FRACTION;
      return state === EXPONENT || state === EXPONENT_SIGN ? EXPONENT_DIGITS : state;
    }
    if (byte === DOT) return state === NOUGHT || state === INTEGER ? POINT : WRONG;
    if ((byte | 0x20) === 0x65) return state === NOUGHT || state === INTEGER || state === FRACTION ? EXPONENT : WRONG;
    if (byte === PLUS || byte === MINUS) return state === EXPONENT ? EXPONENT_SIGN : WRONG;
    return undefined;
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function isLetter(byte: number): boolean {
  return (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
}
