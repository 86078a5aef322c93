/** The small parts that the texts of a restore are made of. */

export type TextRow = readonly [string, string];

export const rowsText = (rows: readonly TextRow[]) =>
  rows.map(([label, text]) => `${label.padEnd(10)}${text}\n`).join('');

/** Lines below another one. */
export const noteLines = (notes: readonly string[]) => notes.map((note) => `  ${note}\n`).join('');

export function secondsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}

const METHODS = { url: 'fetched by the manager by URL', stream: 'streamed to the manager' } as const;

export function methodText(method: keyof typeof METHODS): string {
  return METHODS[method];
}
