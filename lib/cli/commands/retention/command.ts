import { argument, command, inGroup, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { json } from '../../options/run.ts';
import { time, whole } from '../../options/values.ts';

const days = whole(2, 36_500);

export const retentionLiteral = command({
  name: 'retention',
  group: BOTH,
  summary: 'show how long each archive stays and what a month of storage costs',
  about: `plan: shows the retention class of each archive, why it stays, when S3 expires it, and what a month costs; now
or at a later time, by the present rules and by changed ones. Changes nothing.

expire: does to a folder, or to a store without lifecycle rules (--bucket, with --config), what the rules of a bucket do
in AWS. Without --yes it shows what it would do.`,
  arguments: [argument('<ACTION>', 'what to do', ['plan', 'expire'])],
  options: [
    option('--manager <NAME>', 'plan: the manager whose archives are shown'),
    option('--at <DATE>', 'plan: at that time, a date (its beginning in UTC) or an ISO time (default: now)', {
      parse: time,
    }),
    option('--nightly', 'plan: assume one valid archive a day until then (default: no further archive)'),
    option('--yes', 'expire: do it'),
    json,
    ...inGroup('With plan: the effect of a change', [
      option('--changed <FILE>', 'another configuration, or only its field "retention"'),
      option('--held <N>', 'how many of the newest valid archives are protected', { parse: whole(1, 100) }),
      option('--daily <DAYS>', 'days of this class, from storing to the last byte', { parse: days }),
      option('--weekly <DAYS>', 'days of this class', { parse: days }),
      option('--monthly <DAYS>', 'days of this class', { parse: days }),
      option('--yearly <DAYS>', 'days of this class', { parse: days }),
      option(
        '--undo-days <DAYS>',
        'the last of these days, in which an archive is hidden and can be restored by its version',
        {
          parse: whole(1, 30),
        },
      ),
    ]),
    ...archives,
  ],
  see: 'reference/cli.md#offsite-retention',
});
