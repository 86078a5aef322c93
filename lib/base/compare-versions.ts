/** The first three numbers of a manager's version: `7.0.5-ga` and `7.1.0.dev1` are 7.0.5 and 7.1.0. */
function numbersOf(version: string): number[] {
  return [0, 1, 2].map((index) => Number.parseInt(version.split('.')[index] ?? '', 10) || 0);
}

/** Negative, 0 or positive as `a` is older than, as old as, or newer than `b`. */
export function compareVersions(a: string, b: string): number {
  const other = numbersOf(b);
  return numbersOf(a).reduce((order, own, index) => order || own - (other[index] ?? 0), 0);
}

export const isAtLeast = (version: string, least: string) => compareVersions(version, least) >= 0;
