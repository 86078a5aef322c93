import { argument, command, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { json } from '../../options/run.ts';

const WHICH = 'its id, MANAGER/ID, or MANAGER/latest';

export const diffLiteral = command({
  name: 'diff',
  group: BOTH,
  summary: 'compare what two archives hold',
  about: `Lists the tenants, users, user groups, sites, plugins, secrets, blueprints and deployments that one of two archives holds and the
other does not, and the types whose numbers differ. The archives can be of one manager or of two, and of either format. Of secrets
only the names are read.`,
  arguments: [argument('<BEFORE>', `an archive: ${WHICH}`), argument('<AFTER>', `another archive: ${WHICH}`)],
  options: [
    option('--manager <NAME>', 'the manager of the archives, unless the arguments name it'),
    option('--exit-code', 'end with exit code 1 if an item came or went'),
    option('--csv', 'print comma-separated values, one line for each item that came or went', {
      conflicts: ['--json'],
    }),
    json,
    ...archives,
  ],
  exits: `Exit codes: 0 the archives were compared, 1 an archive cannot be read (with --exit-code: or an item came or went), 2 the command
line is wrong.`,
  see: 'how-to/archives.md#diff',
});
