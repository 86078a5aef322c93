import { argument, command, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { bandwidth, json } from '../../options/run.ts';

export const extractLiteral = command({
  name: 'extract',
  group: BOTH,
  summary: 'extract files of an archive',
  about: `Writes files of an archive below a folder, readable by you alone. Each file appears only when its bytes have the CRC-32 that the
manager wrote. No file leaves the folder, and none is replaced without --force. The files can hold keys and secrets.`,
  arguments: [argument('[ARCHIVE]', 'its id, MANAGER/ID, or "latest" (the default): the one that a restore would use')],
  options: [
    option('--to <DIR>', 'the folder; created if it is missing', { required: true }),
    option('--member <NAME>', 'a file, or with "/" at the end all files below a folder of the archive', {
      repeats: true,
    }),
    option('--certificates', "the manager's certificates and keys: ssl/"),
    option('--security-conf', 'rest-security.conf, with the hash salt and the encryption key'),
    option('--blueprint <ID>', 'the files of one blueprint, in all tenants'),
    option('--manager <NAME>', 'the manager of the archive, unless the argument names it'),
    option('--force', 'replace files that exist'),
    bandwidth,
    json,
    ...archives,
  ],
  see: 'how-to/archives.md#extract',
});
