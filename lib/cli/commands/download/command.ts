import { argument, command, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { bandwidth, json } from '../../options/run.ts';

export const downloadLiteral = command({
  name: 'download',
  group: BOTH,
  summary: 'copy an archive to a file, verified',
  about: `Copies the version of an archive that its manifest names. The file appears under its name only when all bytes
have the CRC-32 of the manifest. The archive holds the keys and secrets of the manager: keep the file where others cannot read it.`,
  arguments: [argument('[ARCHIVE]', 'its id, MANAGER/ID, or "latest" (the default): the one that a restore would use')],
  options: [
    option('--manager <NAME>', 'the manager of the archive, unless the argument names it'),
    option('--to <FILE>', 'the file (default: the id of the archive with .zip, in this folder)'),
    option('--resume', 'continue a download that ended early; the whole file is checked'),
    option('--force', 'replace the file if it exists'),
    bandwidth,
    json,
    ...archives,
  ],
  see: 'how-to/archives.md#download',
});
