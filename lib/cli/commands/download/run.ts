import { download } from '../../../access/download.ts';
import type { Given } from '../../command.ts';
import { withArchives } from '../../inputs/archives.ts';
import { noteExtraction } from '../../inputs/extraction-note.ts';
import { openArchive } from '../../inputs/opened-archive.ts';
import { EXIT, formatBytes, type Terminal } from '../../usage.ts';
import type { downloadLiteral } from './command.ts';

/** `offsite download`: one archive as a file, proven. */
export async function downloadCommand(given: Given<typeof downloadLiteral>, terminal: Terminal): Promise<number> {
  return await withArchives(given, terminal, 'read', async (archives) => {
    const opened = await openArchive(given, archives, terminal);
    const { entry, source, label, crc32 } = opened;
    const { snapshot, archive } = entry.manifest;
    const file = given.to ?? `${snapshot.id}.zip`;
    const done = await download(source, file, {
      crc32,
      label,
      resume: given.resume === true,
      force: given.force === true,
      signal: terminal.interrupt,
    });
    const { key, versionId } = archive;
    const taken = { what: 'download', size: done.bytes } as const;
    const record = await noteExtraction(opened, taken, { given, archives, terminal });
    const document = { outcome: 'succeeded', file, key, versionId, size: done.bytes, resumed: done.resumed, record };
    if (given.json) terminal.out.write(`${JSON.stringify({ ...document, crc32: archive.crc32 }, null, 2)}\n`);
    else terminal.out.write(textOf(file, done));
    return EXIT.ok;
  });
}

function textOf(file: string, { bytes, resumed }: { bytes: number; resumed: number }): string {
  const before = resumed > 0 ? `, ${formatBytes(resumed)} of them were there already` : '';
  return `File      ${file}\nSize      ${formatBytes(bytes)}${before}\nVerified  its CRC-32 is that of the manifest\nNote      The file holds keys and secrets of the manager.\n`;
}
