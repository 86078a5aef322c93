import { setImmediate } from 'node:timers/promises';

/** The same function, of which at most `most` run at once; further calls wait their turn. */
export function atMost<A, R>(most: number, run: (argument: A) => Promise<R>): (argument: A) => Promise<R> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (argument) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await run(argument);
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

/** So many are begun before anything else of this process is heard again. */
const BEFORE_OTHERS = 100;

/**
 * `Promise.all` over a list, of which at most `most` are at work at once. The order stays. After a failure nothing more is
 * begun, and it is thrown when nothing is at work any more: a function in AWS is frozen as it ends, and what it left at work
 * would go on with the next call, hours later, on the word of a look that is long out of date.
 */
export async function mapAtMost<A, R>(most: number, list: readonly A[], work: (item: A) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(list.length);
  const failures: unknown[] = [];
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < list.length && failures.length === 0; at = next++) {
      try {
        results[at] = await work(list[at] as A);
      } catch (error) {
        failures.push(error);
      }
      // What needs no request never gives way: V8 then collects no garbage bit by bit, and nobody hears Ctrl-C.
      if (at % BEFORE_OTHERS === BEFORE_OTHERS - 1) await setImmediate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, list.length) }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}

/**
 * Results in the order of the list, one by one; while one is used, the next `ahead` are at work already. When the caller is
 * through, or has failed, nothing is at work any more, as with `mapAtMost`.
 */
export async function* readAhead<A, R>(
  ahead: number,
  list: readonly A[],
  work: (item: A) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const begun: Promise<R>[] = [];
  let next = 0;
  try {
    while (next < list.length || begun.length > 0) {
      while (next < list.length && begun.length <= ahead) {
        const one = work(list[next++] as A);
        // It is thrown where it is waited for.
        one.catch(() => undefined);
        begun.push(one);
      }
      yield await (begun.shift() as Promise<R>);
    }
  } finally {
    await Promise.allSettled(begun);
  }
}

/** Small requests to storage that one process has in flight: a hundred managers' records in seconds, no bucket troubled. */
export const REQUESTS_AT_ONCE = 20;
