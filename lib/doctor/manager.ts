import { CertificateUntrusted } from '../base/errors.ts';
import type { Deps } from '../deps.ts';
import { findSnapshotNode } from '../manager/healthy-node.ts';
import { firstThatAnswers } from './answering.ts';
import { checkCertificate } from './certificate.ts';
import { checked, notChecked, ok, warning } from './check.ts';
import { checkClock } from './clock.ts';
import type { Check } from './contract.ts';
import { checkLicence } from './licence.ts';
import { checkSnapshots } from './snapshots.ts';

type DoctorDeps = Pick<Deps, 'managers' | 'clock' | 'signal' | 'network'>;

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Everything about one manager, by requests that read alone. Throws `InvalidSecret`. */
export async function checkManager(manager: string, deps: DoctorDeps): Promise<readonly Check[]> {
  const nodes = await deps.managers.nodes(manager);
  const now = deps.clock.now();
  const certificates = await Promise.all(
    nodes.map(({ node, ca }) =>
      checked('certificate', () => checkCertificate(node, { network: deps.network, ca, now })),
    ),
  );
  const { checks, node } = await findNode(manager, certificates.flat(), deps);
  const answering = await firstThatAnswers(nodes);
  return [
    ...certificates.flat(),
    ...checks,
    ...(answering ? await checkLicence(answering) : [notChecked('licence', AWAY)]),
    answering ? checkClock('clock of the manager', answering.date, deps.clock.now()) : away('clock of the manager'),
    ...(node === undefined ? SNAPSHOTS.map(away) : await checkSnapshots(manager, node, deps.managers)),
  ];
}

const AWAY = 'the manager cannot be asked';
const away = (what: string) => notChecked(what, AWAY);
/** What `checkSnapshots` is about. */
const SNAPSHOTS = ['work', 'ranges', 'disk'];

/** Address, version, edition, services, role: what a run finds out first. */
async function findNode(
  manager: string,
  certificates: readonly Check[],
  deps: DoctorDeps,
): Promise<{ checks: readonly Check[]; node?: string }> {
  let node: string | undefined;
  const checks = await checked('manager', async () => {
    try {
      const at = await findSnapshotNode(manager, { ...deps, log: silent });
      node = at.node;
      return factsOf(at);
    } catch (error) {
      // Said already, with the name of the node.
      const isSaid = error instanceof CertificateUntrusted && certificates.some(({ state }) => state === 'failed');
      if (isSaid) return notChecked('manager', 'no certificate of it is trusted');
      throw error;
    }
  });
  return { checks, ...(node === undefined ? {} : { node }) };
}

function factsOf(at: Awaited<ReturnType<typeof findSnapshotNode>>): Check[] {
  const { version, edition, known, healthy, away: lost, degraded } = at;
  const nodes = `${healthy} of ${known} ${known === 1 ? 'node' : 'nodes'} healthy`;
  return [
    ok('manager', `Cloudify Manager ${version} ${edition} at ${at.node}, ${nodes}`),
    ...lost.map((node) => warning('nodes', `${node} is not healthy. Another node does its work: repair it.`)),
    ok('user', 'the credentials are accepted, and the user may list snapshots and executions'),
    ...degraded.map((service) => warning('services', `${service} is down; a snapshot does without it. Start it.`)),
  ];
}
