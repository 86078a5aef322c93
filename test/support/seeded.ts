/** So many generators of numbers in [0, 1), the same every time: a failure can be looked at again. */
export function* seeded(count: number): Generator<() => number> {
  for (let seed = 1; seed <= count; seed++) yield mulberry32(seed);
}

/** Tommy Ettinger's mulberry32, public domain. */
export function mulberry32(seed: number): () => number {
  let state = seed * 0x9e3779b1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
