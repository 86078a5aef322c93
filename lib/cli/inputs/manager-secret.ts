import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { InvalidSecret } from '../../base/errors.ts';
import type { Redactor } from '../../base/redact.ts';
import { type ManagerSecretFields, parseSecret } from '../../manager/secret.ts';
import { UsageError } from '../usage.ts';

/** How a manager is reached, as options say it. */
export interface ManagerAccess {
  readonly managerUrl?: readonly string[] | undefined;
  readonly username?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly tenant?: string | undefined;
  readonly caFile?: string | undefined;
}

/**
 * The flags as the secret that would stand in Secrets Manager, checked by the same rules. There is no flag for a
 * password itself: other users of the machine could read it from the list of processes.
 */
export async function secretFromFlags(
  manager: string,
  given: ManagerAccess,
  redactor: Redactor,
): Promise<ManagerSecretFields> {
  refuseMissingCredentials(given);
  const secret: ManagerSecretFields = {
    endpoints: [...(given.managerUrl ?? [])],
    ...(given.username === undefined ? {} : { username: given.username }),
    ...(await optional('password', '--password-file', given.passwordFile)),
    ...(await optional('token', '--token-file', given.tokenFile)),
    ...(await optional('ca', '--ca-file', given.caFile)),
    ...(given.tenant === undefined ? {} : { tenant: given.tenant }),
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

function refuseMissingCredentials({ username, passwordFile, tokenFile }: ManagerAccess): void {
  if (tokenFile !== undefined || (username !== undefined && passwordFile !== undefined)) return;
  throw new UsageError('A manager needs credentials: give --username and --password-file, or --token-file.');
}

async function optional(field: 'password' | 'token' | 'ca', flag: string, file: string | undefined) {
  return file === undefined ? {} : { [field]: await secretFile(flag, file) };
}

/** What is in a file (`-`: standard input), without white space around it. Throws `UsageError`. */
export async function secretFile(flag: string, file: string): Promise<string> {
  const value = (await contentOf(flag, file)).trim();
  if (value === '') throw new UsageError(`${flag} ${file}: is empty.`);
  return value;
}

async function contentOf(flag: string, file: string): Promise<string> {
  try {
    return file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${flag} ${file}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  }
}
