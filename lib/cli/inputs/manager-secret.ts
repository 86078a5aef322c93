import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { defined } from '../../base/defined.ts';
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
 * The options as the secret that Secrets Manager would hold, checked by the same rules. There is no option for a
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
    ...defined({ username: given.username }),
    ...(await optional('password', '--password-file', given.passwordFile)),
    ...(await optional('token', '--token-file', given.tokenFile)),
    ...(await optional('ca', '--ca-file', given.caFile)),
    ...defined({ tenant: given.tenant }),
  };
  try {
    parseSecret(manager, JSON.stringify(secret), redactor);
    return secret;
  } catch (error) {
    throw error instanceof InvalidSecret ? usageError(error) : error;
  }
}

/** The option that each field of the secret comes from. */
const OPTIONS: Readonly<Record<string, string>> = {
  endpoints: '--manager-url',
  username: '--username',
  password: '--password-file',
  token: '--token-file',
  tenant: '--tenant',
  ca: '--ca-file',
};

/** The rules are those of the secret; at the command line its fields are options. */
function usageError({ message, problems }: InvalidSecret): UsageError {
  const lines = problems.map(({ field, problem }) =>
    field === '' ? problem : `${OPTIONS[field] ?? field}: ${problem}`,
  );
  return new UsageError(lines.length === 0 ? message : `The options are not valid: ${lines.join('; ')}.`);
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
