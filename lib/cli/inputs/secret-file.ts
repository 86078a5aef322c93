import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { UsageError } from '../usage.ts';

/** What is in a file (`-`: standard input), without white space around it. `source`: a flag or a field. Throws `UsageError`. */
export async function secretFile(source: string, file: string): Promise<string> {
  return trimmed(await contentOf(source, file), `${source} ${file}`);
}

/** Without line ends, the mark of a byte order and white space around it. Throws `UsageError` if nothing is left. */
export function trimmed(content: string, source: string): string {
  const value = content.trim();
  if (value === '') throw new UsageError(`${source}: is empty.`);
  return value;
}

async function contentOf(source: string, file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${source} ${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  }
}
