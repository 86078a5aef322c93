import { argument, command, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { json } from '../../options/run.ts';

export const contentsLiteral = command({
  name: 'contents',
  group: BOTH,
  summary: 'list what an archive holds',
  about: `Shows the inventory of an archive by tenant, as its manifest has it, and with --members each file in it with its size. Only the
directory of the archive is read.`,
  arguments: [argument('[ARCHIVE]', 'its id, MANAGER/ID, or "latest" (the default): the one that a restore would use')],
  options: [
    option('--manager <NAME>', 'the manager of the archive, unless the argument names it'),
    option('--members', 'list the files in the archive as well'),
    json,
    ...archives,
  ],
  see: 'how-to/archives.md#contents',
});
