import { UsageError } from '../usage.ts';

/** What commands know that start something in AWS. */
export const DEPLOYED_FLAGS = { installation: { type: 'string' }, wait: { type: 'boolean' } } as const;

/** Throws `UsageError` for a flag that belongs to the other way of running a command. */
export function refuseOf(given: Readonly<Record<string, unknown>>, flags: readonly string[]): void {
  const odd = flags.find((flag) => given[flag] !== undefined);
  if (odd === undefined) return;
  throw new UsageError(
    given['local']
      ? `--${odd} is for what is deployed in AWS: it has no meaning with --local.`
      : `--${odd} goes with --local. What is deployed in AWS knows its managers, their secrets and its bucket by itself.`,
  );
}
