/** The word that was probably meant: at most a third of the letters of the longer one differ. Undefined: none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((one) => ({ one, off: distance(word.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, off }) => off <= Math.max(word.length, one.length) / 3)
    .sort((a, b) => a.off - b.off);
  return best?.one;
}

/** Longer ones are not typed by a person, and cost the square of their length. */
const LONGEST = 40;

/** Letters to be put in, left out, replaced or exchanged with the next one. */
function distance(a: string, b: string): number {
  if (a.length > LONGEST || b.length > LONGEST) return LONGEST;
  let [before, row]: number[][] = [[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((row?.[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row?.[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (before?.[j - 2] ?? 0) + 1);
      next.push(least);
    }
    [before, row] = [row, next];
  }
  return row?.[b.length] ?? LONGEST;
}
