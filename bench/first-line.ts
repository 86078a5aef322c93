import { readFileSync } from 'node:fs';

/** How people start the command, by the first line of its file: what is measured and tried is started in the same way. */
const [line = ''] = readFileSync(new URL('../bin/offsite.ts', import.meta.url), 'utf8').split('\n');
const [, , ...words] = line.split(' ');

/** Of Node. */
export const nodeFlags: readonly string[] = words.filter((word) => word.startsWith('--'));
export const nodeEnvironment: Readonly<Record<string, string>> = Object.fromEntries(
  words.flatMap((word) => (/^\w+=/.test(word) ? [word.split('=')] : [])),
);
