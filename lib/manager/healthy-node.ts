import { isAtLeast } from '../base/compare-versions.ts';
import { CredentialsRejected, ManagerUnavailable, ManagerUnsupported, type OffsiteError } from '../base/errors.ts';
import type { Clock, Log } from '../base/ports.ts';
import { clearTextWarnings } from './clear-text.ts';
import type { Managers } from './managers.ts';
import { compareNodes, type HealthyNode, type ProbeResult, probeAll } from './node-probe.ts';

/** The node, how many endpoints the manager has, how many of them are well, and which are not. */
type FoundNode = HealthyNode & { readonly known: number; readonly healthy: number; readonly away: readonly string[] };

/** What finding a node needs: all of them and their credentials, and a pause before it asks again. */
export interface NodeDeps {
  readonly managers: Pick<Managers, 'nodes' | 'forget'>;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** A healthy node of the manager, in the order of its secret. Throws the most telling failure when there is none. */
export async function findNode(manager: string, deps: NodeDeps): Promise<FoundNode> {
  const results = await probeWithFreshSecret(manager, deps);
  const healthy = healthyOf(results);
  const failures = results.flatMap((result) => ('failure' in result ? [result.failure] : []));
  for (const failure of failures) deps.log.warn(failure.message, { manager, error: failure.name });
  const best = [...healthy].sort((a, b) => a.degraded.length - b.degraded.length)[0];
  const worst = failures.find((failure) => failure.name === 'SplitBrainSuspected');
  if (worst || !best) throw worst ?? mostTelling(failures);
  await compareNodes(manager, healthy, async () => {
    await deps.clock.sleep(2000, deps.signal);
    return healthyOf(await probeAll(await deps.managers.nodes(manager)));
  });
  const away = results.flatMap((result) => ('failure' in result ? [result.node] : []));
  return { ...best, known: results.length, healthy: healthy.length, away };
}

/**
 * As `findNode`, of a manager that is to make a snapshot. From 7.0.1 on community cannot: a plain create ends with 404 at
 * the user groups, and what it makes with `"legacy": true` no manager takes as it is, as it names one schema revision of
 * three. Throws `ManagerUnsupported` for it, before anything is asked of the manager.
 */
export async function findSnapshotNode(manager: string, deps: NodeDeps): Promise<FoundNode> {
  const found = await findNode(manager, deps);
  if (found.edition !== 'community' || !isAtLeast(found.version, '7.0.1')) return found;
  throw new ManagerUnsupported(
    `Manager ${manager} is the community edition of ${found.version}, which cannot make a snapshot that a manager restores: from 7.0.1 on that needs the premium edition.`,
  );
}

function healthyOf(results: readonly ProbeResult[]): HealthyNode[] {
  return results.flatMap((result) => ('healthy' in result ? [result.healthy] : []));
}

/** All nodes rejecting the credentials may mean that the secret was rotated after we had read it: read it once more. */
async function probeWithFreshSecret(manager: string, deps: NodeDeps): Promise<ProbeResult[]> {
  const nodes = await deps.managers.nodes(manager);
  for (const warning of clearTextWarnings(
    manager,
    nodes.map(({ node }) => node),
  ))
    deps.log.warn(warning, { manager });
  const results = await probeAll(nodes);
  if (!results.some((r) => 'failure' in r && r.failure instanceof CredentialsRejected)) return results;
  deps.managers.forget(manager);
  return await probeAll(await deps.managers.nodes(manager));
}

/** Of several failures the one that a person must act on; "unavailable" alone is worth another try. */
function mostTelling(failures: readonly OffsiteError[]): OffsiteError {
  const found = failures.find((failure) => !(failure instanceof ManagerUnavailable)) ?? failures[0];
  return found ?? new ManagerUnavailable('The manager has no endpoint.');
}
