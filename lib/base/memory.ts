import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { InvalidConfiguration } from './errors.ts';

/** Of the heap: what a process needs beside what it reads, for the garbage of its requests. */
const BESIDE = 12e6;

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
  const first = heap ?? getHeapStatistics();
  if (needs(first) <= first.heap_size_limit) return;
  const bare = heap ?? withoutGarbage();
  if (needs(bare) <= bare.heap_size_limit) return;
  const [needed, limit] = [needs(bare), bare.heap_size_limit].map((size) => Math.ceil(size / 2 ** 20));
  throw new InvalidConfiguration(
    `${what}: too many for the memory of this process, which may have ${limit} MB and would need ${needed}. ${advice}`,
  );
}

/** What is said to be used has the garbage of all requests before in it, as long as V8 saw no need to clear it away. */
function withoutGarbage(): Heap {
  // Node gives nobody `gc` unasked. A session of its inspector, which can collect too, answers only after this function.
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return getHeapStatistics();
}
