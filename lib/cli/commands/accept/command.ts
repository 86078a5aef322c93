import { argument, command, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { json, reason } from '../../options/run.ts';

export const acceptLiteral = command({
  name: 'accept',
  group: BOTH,
  summary: 'confirm that the content of a flagged archive is correct',
  about: `An archive that holds much less than those before it is flagged: it is valid and stays, but it replaces no good
archive. This command records that its content is correct. It counts as a good archive from then on, and later archives
are compared with it.`,
  arguments: [argument('<ARCHIVE>', 'its id, as in the report of the export')],
  options: [option('--manager <NAME>', 'the manager of the archive', { required: true }), reason, json, ...archives],
  see: 'cli.md#offsite-accept',
});
