import { crc32 as crc32OfNode } from 'node:zlib';
import {
  ADD,
  assemble,
  branchIf,
  ELSE,
  END,
  get,
  IF,
  i32,
  LESS,
  LOOP,
  type Machine,
  NOT_EQUAL,
  NOT_LESS,
  SUB,
  set,
  tee,
  V128_XOR,
  v128Load,
  v128Store,
} from './machine-code.ts';

/**
 * CRC-32 four times as fast as Node's, which has left out the CPU's own instructions for it since 2023 (nodejs/node PR
 * 49511): 17 GB/s on a core. WebAssembly has no multiplication without carries either, but needs none. The polynomial of
 * the CRC divides x³⁰⁰ + x¹⁵⁵ + x¹¹⁷ + x⁸⁹ + 1, and so, since squaring keeps sums here, the same with x¹²⁸ for x. Hence a
 * block of 16 bytes counts as much as the same bytes added to the blocks 145, 183, 211 and 300 places behind it, without a
 * shift. What is left in the end are 300 blocks with the same remainder, and of those Node takes the sum.
 */
const PLACES = [145, 183, 211, 300] as const;
const BLOCK_BYTES = 16;
const [NEAR, MIDDLE, FAR, LAST] = PLACES.map((blocks) => blocks * BLOCK_BYTES) as [number, number, number, number];

/** Of one turn of the loop. */
const STEP_BYTES = 4 * BLOCK_BYTES;
/** With the blocks before it and the input in the CPU's first cache. */
const RUN_BYTES = 175 * STEP_BYTES;

// In the memory: zeros, which stand for the blocks before the first one of the last 300; those; what a run makes; the bytes.
const WINDOW = FAR;
const BYTES_AT = Math.ceil((WINDOW + LAST + RUN_BYTES) / 4096) * 4096;

/** Below it the 1.2 µs for the last 300 blocks are not worth it. */
const LEAST_BYTES = 12 * 1024;

// The parameters of `fold`.
const [AT, STOP, OUT] = [0, 1, 2];

/** One block, `from` bytes behind OUT: what is at its own place and at those before it that count towards it. */
const sum = (own: readonly number[], to: number, places: readonly number[]) => [
  ...get(OUT),
  ...own,
  ...places.flatMap((place) => [...get(OUT), ...v128Load(to - place), ...V128_XOR]),
  ...v128Store(to),
];

/**
 * `fold(at, stop, 0)`: writes the blocks from `at` to `stop`, with what counts towards each, behind the window.
 * `fold(0, 0, out)`: takes out of the blocks of the window, from the last one at `out` on, what counts there within it.
 */
const FOLD = [
  ...[...get(AT), ...get(STOP), ...NOT_EQUAL, ...IF, ...LOOP],
  ...[0, 1, 2, 3].flatMap((index) =>
    sum([...get(AT), ...v128Load(index * BLOCK_BYTES)], WINDOW + LAST + index * BLOCK_BYTES, [NEAR, MIDDLE, FAR, LAST]),
  ),
  ...[...get(OUT), ...i32(STEP_BYTES), ...ADD, ...set(OUT)],
  ...[...get(AT), ...i32(STEP_BYTES), ...ADD, ...tee(AT), ...get(STOP), ...LESS, ...branchIf(0), ...END],
  ...[...ELSE, ...LOOP],
  ...sum([...get(OUT), ...v128Load(WINDOW)], WINDOW, [NEAR, MIDDLE, FAR]),
  ...[...get(OUT), ...i32(BLOCK_BYTES), ...SUB, ...tee(OUT), ...i32(0), ...NOT_LESS, ...branchIf(0), ...END],
  ...END,
  ...get(OUT),
];

const start = assemble(FOLD, [0, 0]);

/** What takes sums in one memory. */
class Summer {
  readonly buffer: Buffer;
  readonly #fold: Machine['run'];
  readonly #all: Uint8Array;
  readonly #window: DataView;

  constructor(bytes: number) {
    const { run, memory } = start(BYTES_AT + bytes);
    this.#fold = run;
    this.#all = new Uint8Array(memory.buffer);
    this.#window = new DataView(memory.buffer, WINDOW, LAST);
    this.buffer = Buffer.from(memory.buffer, BYTES_AT, bytes);
  }

  /** `length`: of whole steps. */
  sum(from: number, length: number, before: number): number {
    const end = from + length;
    this.#all.fill(0, WINDOW, WINDOW + LAST);
    // What was summed before counts as if added to the first four bytes: those are 300 blocks behind the window's.
    this.#window.setInt32(0, ~before, true);
    for (let at = from; at < end; at += RUN_BYTES) {
      const run = Math.min(RUN_BYTES, end - at);
      this.#fold(at, at + run, 0);
      this.#all.copyWithin(WINDOW, WINDOW + run, WINDOW + run + LAST);
    }
    this.#fold(0, 0, LAST - BLOCK_BYTES);
    return crc32OfNode(this.#all.subarray(WINDOW, WINDOW + LAST), 0xffffffff);
  }
}

const summers = new WeakMap<ArrayBufferLike, Summer>();

/** A buffer whose bytes are summed fast, for what is gigabytes in the end; an ordinary one where there is no room for it. */
export function summable(bytes: number): Buffer {
  try {
    const summer = new Summer(bytes);
    summers.set(summer.buffer.buffer, summer);
    return summer.buffer;
  } catch {
    // A limit on addresses (ulimit -v): each memory of WebAssembly reserves some gigabytes of them.
    return Buffer.allocUnsafeSlow(bytes);
  }
}

/** The CRC-32 of zip, gzip and S3; `before`: of the bytes before these. Fast for parts of a `summable` buffer. */
export function crc32(piece: Uint8Array, before = 0): number {
  const summer = piece.length < LEAST_BYTES ? undefined : summers.get(piece.buffer);
  if (!summer) return crc32OfNode(piece, before);
  const length = piece.length - (piece.length % STEP_BYTES);
  const crc = summer.sum(piece.byteOffset, length, before);
  return length === piece.length ? crc : crc32OfNode(piece.subarray(length), crc);
}
