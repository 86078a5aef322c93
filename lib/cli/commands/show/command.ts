import { argument, command, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { json } from '../../options/run.ts';

export const showLiteral = command({
  name: 'show',
  group: BOTH,
  summary: 'show all that is known about one archive',
  about: 'Shows where an archive is, what it holds, when it was verified, and how long it stays.',
  arguments: [argument('[ARCHIVE]', 'its id, MANAGER/ID, or "latest" (the default): the one that a restore would use')],
  options: [option('--manager <NAME>', 'the manager of the archive, unless the argument names it'), json, ...archives],
  see: 'reference/cli.md#offsite-show',
});
