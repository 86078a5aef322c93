import { command, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { json } from '../../options/run.ts';
import { time, whole } from '../../options/values.ts';

export const listLiteral = command({
  name: 'list',
  group: BOTH,
  summary: 'list the verified archives',
  about: 'Lists the verified archives by manager, the newest last, with what is known about each.',
  arguments: [],
  options: [
    option('--manager <NAME>', 'archives of this manager only'),
    option('--last <N>', 'the newest N of each manager; the others are not read', { parse: whole(1, 100_000) }),
    option(
      '--since <TIME>',
      'archives whose content was taken at that date (its beginning in UTC), ISO time, or later',
      {
        parse: time,
      },
    ),
    option('--until <TIME>', 'archives whose content was taken before that date or ISO time', { parse: time }),
    option('--class <CLASS>', 'archives with this retention class or protection', {
      choices: ['held', 'kept', 'daily', 'weekly', 'monthly', 'yearly'],
    }),
    option('--damaged', 'damaged and missing archives only'),
    option(
      '--sort <ORDER>',
      'by the time of the content, or by size, over all managers (default: by manager and time)',
      {
        choices: ['taken', 'size'],
      },
    ),
    option('--csv', 'print comma-separated values with the fields of the JSON document', { conflicts: ['--json'] }),
    json,
    ...archives,
  ],
  see: 'reference/cli.md#offsite-list',
});
