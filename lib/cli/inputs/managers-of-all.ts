import type { OffsiteConfig } from '../../config/offsite-config.ts';
import { UsageError } from '../usage.ts';

interface Asked {
  /** What the command does with each. */
  readonly verb: 'exports' | 'checks' | 'reconciles';
  /** The configuration, as it was named. */
  readonly file: string | undefined;
  /**
   * Without those that the configuration keeps from this machine (`"local": false`). One that has no `local` is not left out
   * without a word: the command fails there, and says what is missing.
   */
  readonly onlyReached: boolean;
}

/** The managers that `--all` means. Throws `UsageError`. */
export function managersOfAll(config: OffsiteConfig | undefined, { verb, file, onlyReached }: Asked): string[] {
  if (!config)
    throw new UsageError(`--all ${verb} the managers of a configuration: add --config FILE, or set OFFSITE_CONFIG.`);
  const managers = config.managers.filter(({ local }) => !onlyReached || local !== false).map(({ id }) => id);
  if (managers.length > 0) return managers;
  throw new UsageError(`${file} has no manager that is reached from here: each has "local": false.`);
}
