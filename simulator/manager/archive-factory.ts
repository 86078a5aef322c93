import { planInventory } from '../archive/inventory.ts';
import { type ArchiveOptions, type GeneratedArchive, makeArchive } from '../archive/make-archive.ts';
import { fileSource } from '../archive/tampered.ts';
import { isGenerated } from './archive-content.ts';
import { readArchive } from './archive-reading.ts';
import { Content, type Inventory, inventoryOf } from './content.ts';
import type { ManagerSettings } from './exchange.ts';
import type { ArchiveChoice } from './options.ts';
import { isReadable } from './restore-checks.ts';
import type { ManagerState } from './state.ts';
import type { ArchiveFactory } from './worker.ts';

/** What a manager holds whose archives are of this kind; a file that cannot be read says nothing about it. */
export async function contentOf(choice: ArchiveChoice, tenants: readonly string[]): Promise<Content> {
  const content = Content.of((await inventoryIn(choice)) ?? { totals: { users: 1 }, tenants: {} });
  for (const tenant of tenants) content.addTenant(tenant);
  return content;
}

async function inventoryIn(choice: ArchiveChoice): Promise<Inventory | undefined> {
  if (!('source' in choice) && !('file' in choice)) return inventoryOf(planInventory(choice.inventory));
  const source = 'source' in choice ? choice.source : await fileSource(choice.file);
  if (isGenerated(source)) return inventoryOf(source.inventory);
  const reading = await readArchive(source, '');
  const found = isReadable(reading) ? (reading.dump ?? reading.pages) : undefined;
  return found === undefined || 'error' in found ? undefined : found.inventory;
}

/** Who may log in, as the manager's rows say at the moment. */
function identityOf({ salt, users: [admin, ...users] }: ManagerState): Pick<ArchiveOptions, 'identity'> {
  if (admin === undefined) return {};
  return { identity: { salt, adminName: admin.name, adminHash: admin.passwordHash, users } };
}

/** Each create gets bytes of its own: the seed counts on. The first has exactly the seed that was asked for. */
export async function archiveFactory(
  choice: ArchiveChoice,
  { line, edition }: Pick<ManagerSettings, 'line' | 'edition'>,
  state: ManagerState,
): Promise<ArchiveFactory> {
  if ('source' in choice) return () => choice.source;
  if ('file' in choice) {
    const source = await fileSource(choice.file);
    return () => source;
  }
  let made = 0;
  const archives = new Map<string, GeneratedArchive>();
  return ({ executionId, isLegacy }) => {
    const known = archives.get(executionId);
    if (known !== undefined) return known;
    const archive = makeArchive({
      format: isLegacy ? 'legacy' : 'new',
      version: line.text,
      edition,
      ...identityOf(state),
      ...choice,
      seed: (choice.seed ?? 1) + made++,
    });
    archives.set(executionId, archive);
    return archive;
  };
}
