import { getHeapStatistics } from 'node:v8';
import { expect, test } from 'vitest';
import { InvalidConfiguration } from '../../lib/base/errors.ts';
import { requireMemory } from '../../lib/base/memory.ts';

const MB = 2 ** 20;
const of = (bytes: number) => ({ count: 1, bytes, what: 'One thing', advice: 'Make it smaller.' });

test('garbage that nobody has cleared away yet is no reason to refuse', () => {
  // First away with what the tests before it in this process have left: nothing that asks for all of the heap may stay.
  expect(() => requireMemory(of(getHeapStatistics().heap_size_limit))).toThrow(InvalidConfiguration);
  let garbage: unknown[] | undefined = Array.from({ length: 3_000_000 }, (_, i) => ({ i }));
  const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics();
  const waste = garbage.length * 24;
  garbage = undefined;
  // More than is left beside the garbage, and less than is left without it.
  const wanted = limit - used - 12e6 + waste / 2;
  expect(() => requireMemory(of(wanted))).not.toThrow();
  expect(() => requireMemory(of(wanted + waste + 50 * MB))).toThrow(InvalidConfiguration);
});
