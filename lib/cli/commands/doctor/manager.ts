import { days, minutes, seconds } from '../../../base/durations.ts';
import type { Redactor } from '../../../base/redact.ts';
import { defaults } from '../../../base/settings.ts';
import { silent } from '../../../local/deps.ts';
import { clearTextWarnings } from '../../../manager/clear-text.ts';
import { findSnapshotNode } from '../../../manager/healthy-node.ts';
import { Managers } from '../../../manager/managers.ts';
import type { ManagerSecretFields } from '../../../manager/secret.ts';
import { namesOf } from '../../../network/certificate-fault.ts';
import { shownCertificate } from '../../../network/look.ts';
import type { Network } from '../../../network/network.ts';
import type { Terminal } from '../../usage.ts';
import { type Check, checked, notChecked, ok, warning } from './check.ts';

interface Reached {
  readonly secret: ManagerSecretFields;
  readonly redactor: Redactor;
  readonly network: Network;
}

/** A certificate that ends sooner is warned of. */
const SOON_MS = days(30);
/** S3 refuses requests from a clock that is 15 minutes off; tokens and schedules notice sooner. */
const SKEW_MS = minutes(2);

/** Everything about one manager, by requests that read. */
export async function checkManagerOnly(
  manager: string,
  { secret, redactor, network }: Reached,
  { clock, interrupt: signal }: Terminal,
): Promise<Check[]> {
  const source = { read: async () => JSON.stringify(secret) };
  const managers = new Managers(source, { settings: defaults, redactor, signal, network, now: () => clock.now() });
  try {
    const certificates = await Promise.all(
      secret.endpoints.map(
        async (node) => await checked('certificate', () => certificateOf(node, network, clock.now())),
      ),
    );
    const deps = { managers, clock, signal, log: silent };
    let node: string | undefined;
    const found = await checked('manager', async () => {
      const at = await findSnapshotNode(manager, deps);
      node = at.node;
      const nodes = `${at.healthy} of ${at.known} ${at.known === 1 ? 'node' : 'nodes'} healthy`;
      const facts = ok('manager', `Cloudify Manager ${at.version} ${at.edition} at ${at.node}, ${nodes}`);
      const user = ok('user', 'the credentials are accepted, and the user may list snapshots and executions');
      const down = at.degraded.map((service) => warning('services', `${service} is down; a snapshot does without it`));
      return [facts, user, ...down];
    });
    const more = node === undefined ? skipped() : await looksAt(manager, node, managers, clock.now());
    return [...certificates.flat(), ...found, ...more];
  } finally {
    await managers.close();
  }
}

const skipped = () =>
  ['licence', 'clock of the manager', 'ranges'].map((what) => notChecked(what, 'the manager cannot be asked'));

async function certificateOf(node: string, network: Network, now: Date): Promise<Check> {
  if (!node.startsWith('https:')) {
    const [warned] = clearTextWarnings('', [node]);
    return warned
      ? warning('certificate', `${node} is not encrypted. Use https:// if the manager can.`)
      : ok('certificate', `${node} is on this machine, without TLS`);
  }
  const shown = await shownCertificate(node, network);
  if (!shown?.valid_to) return notChecked('certificate', `${node} shows no certificate`);
  const end = new Date(shown.valid_to);
  const until = `${node} is valid until ${end.toISOString().slice(0, 10)}, for ${namesOf(shown)}`;
  if (end.getTime() - now.getTime() > SOON_MS) return ok('certificate', `that of ${until}`);
  return warning(
    'certificate',
    `that of ${until}. Renew it within ${Math.max(0, Math.floor((end.getTime() - now.getTime()) / days(1)))} days.`,
  );
}

async function looksAt(manager: string, node: string, managers: Managers, now: Date): Promise<Check[]> {
  const [http] = (await managers.nodes(manager)).filter((one) => one.node === node);
  const client = await managers.open(manager, node);
  const all = [
    checked('licence', async () => {
      const reply = await http?.call({ path: '/license' });
      const [licence] = (reply?.json as { items?: { expired?: unknown; expiration_date?: unknown }[] })?.items ?? [];
      if (reply?.status !== 200 || !licence)
        return notChecked('licence', `the manager shows none (HTTP ${reply?.status})`);
      if (licence.expired !== true) return ok('licence', 'the manager has a licence that has not expired');
      throw new Error('the licence has expired, so the manager makes no snapshots. Renew it.');
    }),
    checked('clock of the manager', async () => {
      const date = (await http?.call({ path: '/version' }))?.date;
      if (!date) return notChecked('clock of the manager', 'its replies have no date');
      const off = Math.round((date.getTime() - now.getTime()) / seconds(1));
      if (Math.abs(off) * seconds(1) <= SKEW_MS) return ok('clock of the manager', 'agrees with this machine');
      return warning(
        'clock of the manager',
        `is ${Math.abs(off)} s ${off > 0 ? 'ahead of' : 'behind'} this machine. Check NTP on both.`,
      );
    }),
    checked('ranges', async () => {
      const newest = (await client.snapshots('')).filter(({ status }) => status === 'created').at(0);
      if (!newest) return notChecked('ranges', 'the manager has no snapshot to try it on');
      const { ranges } = await (await managers.archive(manager, node, newest.id)).facts();
      if (ranges) return ok('ranges', `archives are served in parts (tried on ${newest.id})`);
      return warning(
        'ranges',
        'archives are not served in parts: a transfer that breaks begins anew, and 16 GiB is the most',
      );
    }),
  ];
  return (await Promise.all(all)).flat();
}
