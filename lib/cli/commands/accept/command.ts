import { argument, command, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { json, reason } from '../../options/run.ts';

export const acceptLiteral = command({
  name: 'accept',
  group: BOTH,
  summary: 'confirm that the content of an archive with an anomaly is correct',
  about: `An archive that holds much less than those before it has an anomaly: it is valid and stays, but it replaces no
archive. This command records that its content is correct. From then on, later archives are compared with it.

For an archive whose manifest is missing it records that it may stay missing: nothing reports it any more.`,
  arguments: [argument('<ARCHIVE>', 'its id or MANAGER/ID, as in the report of the export')],
  options: [
    option('--manager <NAME>', 'the manager of the archive, unless the argument names it'),
    reason,
    json,
    ...archives,
  ],
  see: 'reference/cli.md#offsite-accept',
});
