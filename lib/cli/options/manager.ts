import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { InvalidSecret } from '../../base/errors.ts';
import { ManagerId } from '../../base/ids.ts';
import type { Redactor } from '../../base/redact.ts';
import { type ManagerSecretFields, parseSecret } from '../../manager/secret.ts';
import { UsageError } from '../usage.ts';

/** The flags that say which manager, and how to get in. */
export const MANAGER_FLAGS = {
  manager: { type: 'string' },
  'manager-url': { type: 'string', multiple: true },
  username: { type: 'string' },
  'password-file': { type: 'string' },
  'token-file': { type: 'string' },
  tenant: { type: 'string' },
  'ca-file': { type: 'string' },
} as const;

export interface ManagerFlags {
  readonly 'manager-url'?: string[] | undefined;
  readonly username?: string | undefined;
  readonly 'password-file'?: string | undefined;
  readonly 'token-file'?: string | undefined;
  readonly tenant?: string | undefined;
  readonly 'ca-file'?: string | undefined;
}

/**
 * The flags as the secret that would stand in Secrets Manager, checked by the same rules. There is no flag for a
 * password itself: other users of the machine could read it from the list of processes.
 */
export async function secretFromFlags(
  manager: string,
  flags: ManagerFlags,
  redactor: Redactor,
): Promise<ManagerSecretFields> {
  refuseOddCombinations(flags);
  const secret: ManagerSecretFields = {
    endpoints: flags['manager-url'] ?? [],
    ...(flags.username === undefined ? {} : { username: flags.username }),
    ...(await optional('password', 'password-file', flags['password-file'])),
    ...(await optional('token', 'token-file', flags['token-file'])),
    ...(await optional('ca', 'ca-file', flags['ca-file'])),
    ...(flags.tenant === undefined ? {} : { tenant: flags.tenant }),
  };
  try {
    parseSecret(manager, JSON.stringify(secret), redactor);
    return secret;
  } catch (error) {
    throw error instanceof InvalidSecret ? new UsageError(asFlags(error.message)) : error;
  }
}

/** The rules are those of the secret; a person at the command line gave flags. */
function asFlags(message: string): string {
  return message
    .replace(/^The secret of manager \S+ is not valid:/, 'The flags are not valid:')
    .replace(/ docs\/secret\.md.*$/, '')
    .replaceAll(/\bendpoints(\.\d+)?:/g, '--manager-url:')
    .replaceAll(/\bca:/g, '--ca-file:')
    .replaceAll(/\btenant:/g, '--tenant:');
}

function refuseOddCombinations(flags: ManagerFlags): void {
  const byPassword = flags.username !== undefined || flags['password-file'] !== undefined;
  if (byPassword && flags['token-file'] !== undefined) {
    throw new UsageError('Give either --username and --password-file, or --token-file, not both.');
  }
  if (flags['token-file'] === undefined && (flags.username === undefined || flags['password-file'] === undefined)) {
    throw new UsageError('A manager needs credentials: give --username and --password-file, or --token-file.');
  }
}

async function optional(field: 'password' | 'token' | 'ca', flag: string, file: string | undefined) {
  return file === undefined ? {} : { [field]: await secretFile(flag, file) };
}

/** A manager's name as a flag gives it. Throws `UsageError`. */
export function managerFlag(name: string | undefined): string | undefined {
  if (name === undefined || ManagerId.safeParse(name).success) return name;
  throw new UsageError(`${name}: is not the name of a manager: 1-63 lower-case letters, digits or hyphens.`);
}

/** What is in a file (`-`: standard input), without white space around it. Throws `UsageError`. */
export async function secretFile(flag: string, file: string): Promise<string> {
  const value = (await contentOf(flag, file)).trim();
  if (value === '') throw new UsageError(`--${flag} ${file}: is empty.`);
  return value;
}

async function contentOf(flag: string, file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--${flag} ${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  }
}
