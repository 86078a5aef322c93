// Instructions and types of WebAssembly, named as in its specification: enough for a few loops over bytes.

const I32 = 0x7f;
const V128 = 0x7b;

export const get = (variable: number) => [0x20, variable];
export const set = (variable: number) => [0x21, variable];
export const tee = (variable: number) => [0x22, variable];
export const i32 = (value: number) => [0x41, ...leb128(value)];
export const LOOP = [0x03, 0x40];
export const BLOCK = [0x02, 0x40];
export const IF = [0x04, 0x40];
export const END = [0x0b];
export const ELSE = [0x05];
/** To the beginning of the loop, or behind the end of the block, that is so many levels around. */
export const branchIf = (levels: number) => [0x0d, levels];
export const ADD = [0x6a];
export const SUB = [0x6b];
export const AND = [0x71];
export const XOR = [0x73];
export const LESS = [0x49];
export const MORE = [0x4b];
/** Of numbers with a sign. */
export const NOT_LESS = [0x4e];
export const NOT_EQUAL = [0x47];
export const IS_ZERO = [0x45];
export const TRAILING_ZEROS = [0x68];
export const COUNT_ONES = [0x69];
export const STORE = [0x36, 2, 0];
export const LOAD_BYTE = [0x2d, 0, 0];

export const v128Load = (offset: number) => [0xfd, 0, 0, ...leb128(offset)];
export const v128Store = (offset: number) => [0xfd, 11, 0, ...leb128(offset)];
export const V128_LOAD = v128Load(0);
export const V128_XOR = [0xfd, 81];
export const v128 = (byte: number) => [0xfd, 12, ...new Array<number>(16).fill(byte)];
export const V128_AND = [0xfd, 78];
export const SWIZZLE = [0xfd, 14];
export const LANES_SHIFT_RIGHT = [0xfd, 0x6d, 1];
export const LANES_EQUAL = [0xfd, 0x23];
export const LANES_NOT_EQUAL = [0xfd, 0x24];
export const BITMASK = [0xfd, 0x64, 1];

/** The types of Node know the namespace only. */
interface Compiler {
  readonly Module: new (code: Uint8Array) => object;
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

export interface Machine {
  readonly run: (first: number, second: number, third: number) => number;
  /** It never grows, so that views of it stay valid. */
  readonly memory: { readonly buffer: ArrayBuffer };
}

const { Module, Memory, Instance } = (globalThis as unknown as { WebAssembly: Compiler }).WebAssembly;

/**
 * A function of three numbers that answers one; each start of it has a memory of its own. `variables`: those of type `I32`
 * after the three parameters, then those of type `V128`.
 */
export function assemble(
  code: readonly number[],
  variables: readonly [number, number],
): (memoryBytes: number) => Machine {
  const body = [2, variables[0], I32, variables[1], V128, ...code, ...END];
  const module = new Module(
    Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [1, 0x60, 3, I32, I32, I32, 1, I32]),
      ...section(2, [1, 0, 6, ...Buffer.from('memory'), 2, 0, 0]),
      ...section(3, [1, 0]),
      ...section(7, [1, 3, ...Buffer.from('run'), 0, 0]),
      ...section(10, [1, ...leb128(body.length), ...body]),
    ]),
  );
  return (memoryBytes) => {
    const pages = Math.ceil(memoryBytes / 65536);
    const memory = new Memory({ initial: pages, maximum: pages });
    const { run } = new Instance(module, { '': { memory } }).exports as Pick<Machine, 'run'>;
    return { run, memory };
  };
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...leb128(content.length), ...content];
}

/** As WebAssembly has its numbers; with less than 64 in the last group, signed and unsigned are the same. */
function leb128(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  return rest === 0 && low < 0x40 ? [low] : [low | 0x80, ...leb128(rest)];
}
