import type { ManagerClient } from '../manager/client.ts';
import type { Managers } from '../manager/managers.ts';
import { maintenanceOf } from '../manager/restoring.ts';
import { checked, notChecked, ok, warning } from './check.ts';
import type { Check } from './contract.ts';

const MiB = 1024 ** 2;

/** Whether the manager could make a snapshot now, how it serves one, and how much room one takes. */
export async function checkSnapshots(manager: string, node: string, managers: Managers): Promise<readonly Check[]> {
  const client = await managers.open(manager, node);
  const [work, transfer] = await Promise.all([checked('work', () => workOf(client)), transferOf(client)]);
  return [...work, ...transfer];

  async function transferOf(asked: ManagerClient): Promise<readonly Check[]> {
    const newest = (await asked.snapshots('').catch(() => [])).filter(({ status }) => status === 'created').at(0);
    if (!newest) {
      const why = 'the manager has no snapshot to try it on. The first backup will show it.';
      return [notChecked('ranges', why), notChecked('disk', noDisk())];
    }
    let size: number | undefined;
    const ranges = await checked('ranges', async () => {
      const facts = await (await managers.archive(manager, node, newest.id)).facts();
      size = facts.size;
      if (facts.ranges) return ok('ranges', `archives are served in parts (tried on ${newest.id})`);
      return warning(
        'ranges',
        'archives are not served in parts: a transfer that breaks begins anew, and 16 GiB is the most. Use the address of the manager itself, without a file server in between.',
      );
    });
    return [...ranges, notChecked('disk', noDisk(size))];
  }
}

/** No REST resource of a manager tells how full its disk is. */
function noDisk(size?: number): string {
  const needs = size === undefined ? 'a snapshot' : `a snapshot of about ${Math.ceil(size / MiB)} MiB, as the newest`;
  return `managers do not show how much is free. Check on the manager that its disk has room for ${needs}, and for the files that it is made of.`;
}

/** What makes a create wait: a restore at work, and a manager that is just entering maintenance mode. */
async function workOf(client: ManagerClient): Promise<Check> {
  await client.refuseDuringRestore();
  const mode = await maintenanceOf(client);
  if (mode === 'deactivated') return ok('work', 'no restore is at work, and maintenance mode is off');
  if (mode === 'activated')
    return warning('work', 'maintenance mode is on. Snapshots are possible; deactivate it if it was forgotten.');
  return warning('work', 'the manager is entering maintenance mode, and refuses snapshots until it has. Wait for it.');
}
