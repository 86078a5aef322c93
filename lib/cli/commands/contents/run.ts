import { listMembers } from '../../../access/extract.ts';
import { printable } from '../../../base/printable.ts';
import { readRecord } from '../../../catalogue/read-record.ts';
import type { Manifest } from '../../../catalogue/records.ts';
import type { Given } from '../../command.ts';
import { withArchives } from '../../inputs/archives.ts';
import { openArchive } from '../../inputs/opened-archive.ts';
import { inventoryText } from '../../text/report-text.ts';
import { EXIT, type Terminal } from '../../usage.ts';
import type { contentsLiteral } from './command.ts';

/** `offsite contents`: the inventory of one archive, and its members. */
export async function contentsCommand(given: Given<typeof contentsLiteral>, terminal: Terminal): Promise<number> {
  return await withArchives(given, terminal, 'read', async (archives) => {
    const { entry, source, label } = await openArchive(given, archives, terminal);
    const { manager, snapshot } = entry.manifest;
    const whole = await readRecord(
      'manifest',
      { manager: manager.id, snapshot: snapshot.id },
      archives.archive.records,
    );
    const inventory = whole?.value.inventory ?? { totals: entry.manifest.inventory.totals, tenants: {} };
    const members = [];
    if (given.members) {
      for await (const member of listMembers(source, label, terminal.interrupt)) members.push(member);
    }
    const document = { archive: snapshot.id, manager: manager.id, inventory, ...(given.members ? { members } : {}) };
    if (given.json) terminal.out.write(`${JSON.stringify(document, null, 2)}\n`);
    else terminal.out.write(textOf(inventory, members));
    return EXIT.ok;
  });
}

function textOf(
  { totals, tenants }: Pick<Manifest['inventory'], 'totals' | 'tenants'>,
  members: readonly { name: string; size: number }[],
): string {
  const ofTenants = Object.entries(tenants).map(([name, counts]) => `${printable(name)}: ${inventoryText(counts)}`);
  const ofMembers = members.map(({ name, size }) => `${String(size).padStart(14)}  ${printable(name)}`);
  return [`All tenants: ${inventoryText(totals)}`, ...ofTenants, ...ofMembers].map((line) => `${line}\n`).join('');
}
