/** The small parts that the texts of a restore are made of. */

export type TextRow = readonly [string, string];

export const rowsText = (rows: readonly TextRow[]) =>
  rows.map(([label, text]) => `${label.padEnd(10)}${asFlags(text)}\n`).join('');

/** Lines below another one. */
export const noteLines = (notes: readonly string[]) => notes.map((note) => `  ${asFlags(note)}\n`).join('');

export function secondsBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}

const METHODS = { url: 'fetched by the manager by URL', stream: 'streamed to the manager' } as const;

export function methodText(method: keyof typeof METHODS): string {
  return METHODS[method];
}

/** What the steps call things, after the input of an execution; a person at the command line gave flags. */
const AS_FLAGS: readonly [RegExp, string][] = [
  [/"force": true/g, '--force'],
  [/\b(say|with) force\b/gi, '$1 --force'],
  [/"allowPartial": true/g, '--allow-partial'],
  [/"method": "(url|stream)"/g, '--method $1'],
  [/\bmethod: "url"/g, '--method url'],
  [/\brestoredCredentialsSecret\b/g, '--restored-username and --restored-password-file (in AWS --restored-secret)'],
];

export function asFlags(text: string): string {
  return AS_FLAGS.reduce((words, [pattern, flag]) => words.replace(pattern, flag), text);
}
