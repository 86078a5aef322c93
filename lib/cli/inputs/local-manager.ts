import { dirname, resolve } from 'node:path';
import { InvalidConfiguration } from '../../base/errors.ts';
import { LocalConfig, type ManagerLocal } from '../../config/local-config.ts';
import type { Terminal } from '../usage.ts';
import { openConfig } from './config-file.ts';
import { outputOf } from './credential-command.ts';
import type { FileRules } from './file-access.ts';
import { secretFile, trimmed } from './secret-file.ts';

/** What the configuration says of a manager for runs on this machine. */
export interface LocalManager {
  readonly fields: ManagerLocal;
  /** The configuration, absolute. */
  readonly file: string;
  readonly commandSeconds: number;
  /** `managers.prod.local.caFile`, for messages. */
  field(name: string): string;
  /** A file that it names; a relative name begins at the folder of the configuration. */
  path(name: string): string;
  path(name: string | undefined): string | undefined;
}

/**
 * Undefined: the configuration does not name this manager, or says nothing of how to reach it. Throws
 * `InvalidConfiguration` if it says that this machine does not.
 */
export async function localManager(manager: string, configFile: string): Promise<LocalManager | undefined> {
  const { config, file } = await openConfig(configFile);
  const own = config.managers.find(({ id }) => id === manager);
  if (own?.local === false)
    throw new InvalidConfiguration(
      `managers.${manager}.local of ${file} is false: this manager is not reached from here. Give its fields, or --manager-url and credentials.`,
    );
  if (own?.local === undefined) return undefined;
  return {
    fields: own.local,
    file,
    commandSeconds: (config.local ?? LocalConfig.parse({})).commandSeconds,
    field: (name) => `managers.${manager}.local.${name}`,
    path: ((name?: string) => name && resolve(dirname(file), name)) as LocalManager['path'],
  };
}

interface Credential {
  readonly isToken: boolean;
  /** Of the configuration. */
  readonly field: string;
  readonly value: string;
}

/** The password or the token, from the one place that is configured. Throws `InvalidConfiguration`, `UsageError`. */
export async function localCredential(local: LocalManager, rules: FileRules, terminal: Terminal): Promise<Credential> {
  const { passwordFile, passwordCommand, passwordEnv, tokenFile, tokenCommand, tokenEnv } = local.fields;
  const isToken = (tokenFile ?? tokenCommand ?? tokenEnv) !== undefined;
  const kind = isToken ? 'token' : 'password';
  const [file, command, variable] = isToken
    ? [tokenFile, tokenCommand, tokenEnv]
    : [passwordFile, passwordCommand, passwordEnv];
  if (file !== undefined) {
    const field = local.field(`${kind}File`);
    return { isToken, field, value: await secretFile(field, local.path(file), rules) };
  }
  if (command !== undefined) {
    const field = local.field(`${kind}Command`);
    const output = await outputOf({ file: local.file, field, command, limit: local.commandSeconds }, terminal);
    return { isToken, field, value: trimmed(output, `The output of ${field}`) };
  }
  const field = local.field(`${kind}Env`);
  const value = terminal.env?.[variable ?? ''];
  if (value === undefined) throw new InvalidConfiguration(`${field}: the variable ${variable} is not set.`);
  return { isToken, field, value: trimmed(value, `The variable ${variable} (${field})`) };
}
