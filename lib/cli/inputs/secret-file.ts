import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { UsageError } from '../usage.ts';
import { type FileRules, requireOwnFile } from './file-access.ts';

/**
 * What is in a file (`-`: standard input), without white space around it. `source`: a flag or a field. `isSecret`: false
 * for a certificate. Throws `UsageError`, also when others can change the file.
 */
export async function secretFile(source: string, file: string, rules: FileRules, isSecret = true): Promise<string> {
  return trimmed(await contentOf(source, file, rules, isSecret), `${source} ${file}`);
}

/** Without line ends, the mark of a byte order and white space around it. Throws `UsageError` if nothing is left. */
export function trimmed(content: string, source: string): string {
  const value = content.trim();
  if (value === '') throw new UsageError(`${source}: is empty.`);
  return value;
}

async function contentOf(source: string, file: string, rules: FileRules, isSecret: boolean): Promise<string> {
  try {
    if (file === '-') return await text(process.stdin);
    await requireOwnFile(source, file, isSecret, rules);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${source} ${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  }
}
