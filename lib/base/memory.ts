import { memoryUsage } from 'node:process';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { InvalidConfiguration } from './errors.ts';

/** Of the heap: what a process needs beside what it reads, for the garbage of its requests. */
const BESIDE = 12e6;

/** Of a function's memory what is no heap: Node's own pages are 57 MB of it, the rest are stacks, buffers and what malloc keeps. */
const NO_HEAP = 110e6;
let mostHeap = Number.POSITIVE_INFINITY;

/** For a process that is ended once it takes so many bytes, as a function is: V8 allows itself a heap of 90 % of them. */
export function limitMemory(bytes: number): void {
  mostHeap = bytes - NO_HEAP;
}

/** What of the heap is looked at; V8 says it. */
export type Heap = Pick<ReturnType<typeof getHeapStatistics>, 'heap_size_limit' | 'used_heap_size'>;

/**
 * Throws `InvalidConfiguration` when `count` things of `bytes` each would not fit the heap: V8 ends a process whose heap is
 * full without a word (exit code 134), after minutes. `what` says of what there are so many, and `advice` what to do.
 */
export function requireMemory(
  { count, bytes, what, advice }: { count: number; bytes: number; what: string; advice: string },
  heap?: Heap,
): void {
  const needs = ({ used_heap_size }: Heap) => used_heap_size + BESIDE + count * bytes;
  const mostOf = ({ heap_size_limit }: Heap) => Math.min(heap_size_limit, mostHeap);
  const first = heap ?? getHeapStatistics();
  if (needs(first) <= mostOf(first)) return;
  const bare = heap ?? withoutGarbage();
  if (needs(bare) <= mostOf(bare)) return;
  const [needed, limit] = [needs(bare), mostOf(bare)].map((size) => Math.ceil(size / 2 ** 20));
  throw new InvalidConfiguration(
    `${what}: too many for the memory of this process, which may have ${limit} MB and would need ${needed}. ${advice}`,
  );
}

/** What is said to be used has the garbage of all requests before in it, as long as V8 saw no need to clear it away. */
function withoutGarbage(): Heap {
  gc ??= exposedGc();
  gc();
  return getHeapStatistics();
}

let gc: (() => void) | undefined;

/** Of a process that takes less, what V8 keeps is not worth the time: of a list of 10,000 archives a quarter. */
const WORTH_IT = 138e6;

/**
 * Node gives nobody `gc` unasked. A session of its inspector, which can collect too, answers only after the call. As a last
 * resort V8 also gives back the pages that it keeps for later, 9 MB, for twice the time.
 */
function exposedGc(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (how: object) => void;
  return () => {
    const flavor = memoryUsage.rss() > WORTH_IT ? 'last-resort' : 'regular';
    collect({ type: 'major', execution: 'sync', flavor });
  };
}

/** Of a process that was given little memory, as the command is. Others have memory for garbage, and take long to clear it away. */
const SMALL_HEAP = 128 * 2 ** 20;
/** V8 lets a heap of 50 MB become one of 80 before it looks, which was a fifth of what commands took beside 10,000 archives. */
const MOST_GARBAGE = 8e6;
/** A heap of this size may be full of garbage: the process takes less than 150 MB all the same. */
const NOT_YET = 36e6;
let inUse = Number.POSITIVE_INFINITY;

/** For whoever reads a lot, after each piece of it: 5 µs, and with a small heap 20 to 80 ms for each 8 MB of garbage. */
export function limitGarbage(): void {
  const { used_heap_size: used, heap_size_limit: most } = getHeapStatistics();
  if (most > SMALL_HEAP) return;
  inUse = Math.min(inUse, used);
  if (used > NOT_YET && used - inUse > MOST_GARBAGE) inUse = withoutGarbage().used_heap_size;
}
