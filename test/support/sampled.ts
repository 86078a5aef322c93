/** `npm run test:full`: whole tables and long loops, for hours; by hand, and before a release. */
export const isFull = process.env.OFFSITE_TEST_FULL !== undefined;

/**
 * Every n-th of rows that differ in a place or a number only, beginning with the first; all of them by `npm run test:full`. Rows
 * that differ in kind are never left out.
 */
export const oneIn = <T>(n: number, rows: readonly T[]): readonly T[] =>
  isFull ? rows : rows.filter((_, at) => at % n === 0);
