import { argument, command, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { json, reason } from '../../options/run.ts';
import { time } from '../../options/values.ts';

export const keepLiteral = command({
  name: 'keep',
  group: BOTH,
  summary: 'protect an archive from expiry',
  about: `Protects an archive of any retention class: no rule of the bucket expires it. Where the bucket has
Object Lock, a legal hold also prevents its deletion.`,
  arguments: [argument('<ARCHIVE>', 'its id or MANAGER/ID, as "offsite list" shows it')],
  options: [
    option('--manager <NAME>', 'the manager of the archive, unless the argument names it'),
    option('--until <DATE>', 'a date (its beginning in UTC) or an ISO time', { parse: time, conflicts: ['--forever'] }),
    option('--forever', 'until "offsite unkeep" ends it'),
    reason,
    json,
    ...archives,
  ],
  see: 'reference/cli.md#offsite-keep',
});
