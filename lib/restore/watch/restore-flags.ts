import type { RestoreFlag } from '../../manager/restoring.ts';

/** What the flags of all nodes say together (contract.md §8; hazards K8, K21). */

/** At least one node says that no restore runs, and none says that one does. */
export function isOver(flags: readonly RestoreFlag[]): boolean {
  return flags.some(({ flag }) => flag === 'not-running') && flags.every(({ flag }) => flag !== 'running');
}

/**
 * Every node says so. A node whose services are stopped for the restore is not one that has ended it, whatever its fellows
 * say; those that were not well before, and have said nothing since (`silentNodes`), are not asked.
 */
export function isQuiet(flags: readonly RestoreFlag[], silentNodes: readonly string[]): boolean {
  return isOver(flags) && flags.every(({ flag, node }) => flag !== 'unknown' || silentNodes.includes(node));
}

/** Those of `before` that have said nothing at this look either. */
export function stillSilent(before: readonly string[], flags: readonly RestoreFlag[]): string[] {
  return before.filter((node) => flags.every((one) => one.node !== node || one.flag === 'unknown'));
}

/**
 * Nodes whose last word was that a restore runs on them. One that shows new certificates has done what comes last; one
 * that is no node of the manager any more will never say anything.
 */
export function lastRunning(before: readonly string[], flags: readonly RestoreFlag[]): string[] {
  if (flags.length === 0) return [...before];
  const isRunning = ({ node, flag, isUntrusted }: RestoreFlag) =>
    flag === 'running' || (flag === 'unknown' && !isUntrusted && before.includes(node));
  return flags.filter(isRunning).map(({ node }) => node);
}
