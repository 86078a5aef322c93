import { argument, command, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { json } from '../../options/run.ts';

export const unkeepLiteral = command({
  name: 'unkeep',
  group: BOTH,
  summary: 'end the protection of an archive',
  about: `Ends the protection of an archive. Its retention class applies again, and it may expire at once. Without --yes
the command shows what would happen, and changes nothing.`,
  arguments: [argument('<ARCHIVE>', 'its id or MANAGER/ID, as "offsite list" shows it')],
  options: [
    option('--manager <NAME>', 'the manager of the archive, unless the argument names it'),
    option('--yes', 'do it'),
    json,
    ...archives,
  ],
  see: 'reference/cli.md#offsite-unkeep',
});
