import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { managersSeen, rememberedAt } from '../../signing/known-indexes.ts';
import type { Terminal } from '../usage.ts';

/**
 * Warns before a folder is made anew in which this machine has seen archives. The run goes on: an archive too many harms
 * nobody, and a disk that is not mounted is refused before that (lib/cli/inputs/mounts.ts).
 */
export async function warnIfEmptied(folder: string, bucket: string, { err, signing }: Terminal): Promise<void> {
  if (existsSync(join(folder, bucket))) return;
  const managers = await managersSeen(signing.stateFolder, folder);
  if (managers.length === 0) return;
  const more = managers.length > MOST_NAMED ? ` and ${managers.length - MOST_NAMED} more` : '';
  const names = `${managers.slice(0, MOST_NAMED).join(', ')}${more}`;
  err.write(
    `Warning: ${folder} has no archives, and this machine has seen archives of ${names} there. If you have deleted them yourself, remove ${rememberedAt(signing.stateFolder, folder)}; if not, check that this is the right folder and disk. The command goes on. Until that is settled nothing of ${names} expires.\n`,
  );
}

const MOST_NAMED = 5;
