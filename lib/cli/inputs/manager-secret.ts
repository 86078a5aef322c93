import { defined } from '../../base/defined.ts';
import { InvalidConfiguration, InvalidSecret } from '../../base/errors.ts';
import type { Redactor } from '../../base/redact.ts';
import { LOGIN_FROM, type ManagerSecretFields, parseSecret } from '../../manager/secret.ts';
import { type Terminal, UsageError } from '../usage.ts';
import { fileRules } from './file-access.ts';
import { type LocalManager, localCredential, localManager } from './local-manager.ts';
import { secretFile } from './secret-file.ts';

/** How a manager is reached, as options say it. */
export interface ManagerAccess {
  readonly managerUrl?: readonly string[] | undefined;
  readonly username?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly tenant?: string | undefined;
  readonly caFile?: string | undefined;
  readonly strictFiles?: boolean | undefined;
  /** A configuration, which says what options do not. */
  readonly config?: string | undefined;
}

/**
 * The secret that Secrets Manager would hold, from options and what the configuration says of the manager, checked by the
 * same rules. An option counts more. There is no option for a password itself: other users of the machine could read it
 * from the list of processes. Undefined: neither says where the manager is.
 */
export async function managerSecret(
  manager: string,
  given: ManagerAccess,
  redactor: Redactor,
  terminal: Terminal,
): Promise<ManagerSecretFields | undefined> {
  const local = given.config === undefined ? undefined : await localManager(manager, given.config);
  const endpoints = given.managerUrl ?? local?.fields.urls;
  if (endpoints === undefined) return undefined;
  const secret: ManagerSecretFields = {
    endpoints: [...endpoints],
    ...(await credentialsOf(given, local, terminal)),
    ...(await caOf(given, local, terminal)),
    ...defined({ tenant: given.tenant ?? local?.fields.tenant }),
  };
  try {
    parseSecret(manager, JSON.stringify(secret), redactor);
    return secret;
  } catch (error) {
    throw error instanceof InvalidSecret ? wrong(error, given, local) : error;
  }
}

/** A token or a user name from the command line replaces what the configuration has; its password may still be used. */
async function credentialsOf(given: ManagerAccess, local: LocalManager | undefined, terminal: Terminal) {
  const { tokenFile, passwordFile } = given;
  const rules = fileRules(given, terminal);
  if (tokenFile !== undefined)
    return {
      token: await secretFile('--token-file', tokenFile, rules),
      [LOGIN_FROM]: `the token (in ${tokenFile}, by --token-file)`,
    };
  const username = given.username ?? local?.fields.username;
  const user = given.username === undefined ? `${local?.field('username')} of ${local?.file}` : '--username';
  const from = (password: string) => ({ [LOGIN_FROM]: `the user name (${user}) and the password (${password})` });
  if (passwordFile !== undefined && username !== undefined) {
    const password = await secretFile('--password-file', passwordFile, rules);
    return { username, password, ...from(`in ${passwordFile}, by --password-file`) };
  }
  const isOwnUser = given.username === undefined || given.username === local?.fields.username;
  if (local && passwordFile === undefined && isOwnUser) {
    const { isToken, value, field } = await localCredential(local, rules, terminal);
    const place = `${field} of ${local.file}`;
    if (isToken) return { token: value, [LOGIN_FROM]: `the token (${place})` };
    return { ...defined({ username }), password: value, ...from(place) };
  }
  throw new UsageError('A manager needs credentials: give --username and --password-file, or --token-file.');
}

async function caOf(given: ManagerAccess, local: LocalManager | undefined, terminal: Terminal) {
  const { caFile } = given;
  const [source, file] =
    caFile === undefined ? [local?.field('caFile') ?? '', local?.path(local.fields.caFile)] : ['--ca-file', caFile];
  return file === undefined ? {} : { ca: await secretFile(source, file, fileRules(given, terminal), false) };
}

/** Where each field of the secret comes from: an option, and a field of the configuration. */
const SOURCES: Readonly<Record<string, readonly [keyof ManagerAccess, string, string]>> = {
  endpoints: ['managerUrl', '--manager-url', 'urls'],
  username: ['username', '--username', 'username'],
  password: ['passwordFile', '--password-file', 'password'],
  token: ['tokenFile', '--token-file', 'token'],
  tenant: ['tenant', '--tenant', 'tenant'],
  ca: ['caFile', '--ca-file', 'caFile'],
};

/** The rules are those of the secret; here its fields are options, or fields of the configuration. */
function wrong({ message, problems }: InvalidSecret, given: ManagerAccess, local: LocalManager | undefined): Error {
  if (problems.length === 0) return new UsageError(message);
  const named = problems.map(({ field, problem }) => {
    const [option, flag, name] = SOURCES[field] ?? [];
    const isConfigured = local && option !== undefined && given[option] === undefined && name !== undefined;
    const key = Object.keys(local?.fields ?? {}).find((one) => one.startsWith(name ?? '\0')) ?? name;
    const where = isConfigured ? local.field(key ?? '') : flag;
    return { isConfigured, text: field === '' ? problem : `${where ?? field}: ${problem}` };
  });
  const texts = named.map(({ text }) => text).join('; ');
  if (named.some(({ isConfigured }) => isConfigured))
    return new InvalidConfiguration(`The configuration ${local?.file} is not valid: ${texts}.`);
  return new UsageError(`${texts}.`);
}
