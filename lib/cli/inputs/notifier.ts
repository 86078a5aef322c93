import { dirname, resolve } from 'node:path';
import type { Notifier } from '../../base/ports.ts';
import type { Redactor } from '../../base/redact.ts';
import { placeOf, type Target } from '../../config/notifications.ts';
import { type NotifierParts, targetsNotifier } from '../../notify/notifier.ts';
import type { ReadSecret } from '../../notify/send.ts';
import { logTo } from '../preflight.ts';
import type { Terminal } from '../usage.ts';
import { openConfig } from './config-file.ts';
import { type FileRules, fileRules } from './file-access.ts';
import { networkOf } from './network.ts';
import { secretFile, trimmed } from './secret-file.ts';

interface FileOptions {
  readonly strictFiles?: boolean | undefined;
}

/** The targets of a configuration, as far as this machine can read their secrets. */
export interface LocalTargets {
  readonly targets: readonly Target[];
  /** Names of those whose secrets functions in AWS alone can read. */
  readonly unread: readonly string[];
  readonly allowedHosts: readonly string[] | undefined;
  readonly parts: NotifierParts;
}

/** The notifier of a run on this machine; nothing without a configuration that has targets. */
export async function notifierFrom(
  given: FileOptions & { readonly config?: string | undefined },
  redactor: Redactor,
  terminal: Terminal,
): Promise<{ readonly notifier?: Notifier }> {
  if (given.config === undefined) return {};
  const { targets, allowedHosts, parts } = await localTargets(given.config, given, redactor, terminal);
  return targets.length === 0 ? {} : { notifier: targetsNotifier({ targets, allowedHosts }, parts) };
}

export async function localTargets(
  configFile: string,
  options: FileOptions,
  redactor: Redactor,
  terminal: Terminal,
): Promise<LocalTargets> {
  const { config, file } = await openConfig(configFile);
  const { targets, allowedHosts } = config.notifications;
  const isRead = (target: Target) =>
    target.type === 'email' ? !needsSecret(target) || isHere(target) : isHere(target);
  return {
    targets: targets.filter(isRead),
    unread: targets.filter((target) => !isRead(target)).map(({ name }) => name),
    allowedHosts,
    parts: {
      readSecret: secretsHere(dirname(file), fileRules(options, terminal), terminal),
      redactor,
      network: await networkOf(terminal),
      clock: terminal.clock,
      log: logTo(terminal, redactor),
      metrics: { put: () => undefined },
    },
  };
}

function isHere(target: Target): boolean {
  const { file, env } = placeOf(target);
  return (file ?? env) !== undefined;
}

const needsSecret = (target: Target) => target.type === 'email' && target.user !== undefined;

/** Relative names begin at the folder of the configuration, as everywhere in it. */
function secretsHere(folder: string, rules: FileRules, terminal: Terminal): ReadSecret {
  return async (target) => {
    const { file, env } = placeOf(target);
    const field = target.type === 'email' ? 'password' : 'url';
    if (file !== undefined) return await secretFile(`its ${field}File`, resolve(folder, file), rules);
    if (env === undefined) return undefined;
    const value = terminal.env?.[env];
    if (value === undefined) throw new Error(`the variable ${env} (its ${field}Env) is not set`);
    return trimmed(value, `the variable ${env} (its ${field}Env)`);
  };
}
