import { argument, command, localOnly, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { from, signing } from '../../options/archives.ts';
import {
  bandwidth,
  installation,
  json,
  local,
  localConfig,
  manners,
  reason,
  verbose,
  wait,
} from '../../options/run.ts';
import { percent } from '../../options/values.ts';

export const verifyLiteral = command({
  name: 'verify',
  group: BOTH,
  summary: 'verify stored archives: read every byte of them',
  about: `Reads stored archives from beginning to end, inflates every file in them and compares it with what the manager wrote.
Records each archive as valid or damaged. Deletes nothing and asks no manager. Starts the verification that is deployed in AWS;
with --local it runs on this machine.`,
  arguments: [argument('[ARCHIVE]', '"latest" or the id of one archive; needs --manager')],
  options: [
    option(
      '--sample <PERCENT>',
      "a share of each manager's archives, for example 10%: damaged ones first, then those verified longest ago",
      {
        parse: percent,
      },
    ),
    option('--all', 'all archives'),
    option('--manager <NAME>', 'archives of this manager only (default: of all managers)'),
    reason,
    json,
    ...manners,
    local,
    localConfig,
    installation,
    wait,
    ...from,
    ...signing,
    ...localOnly([bandwidth]),
    verbose,
  ],
  see: 'explanation/verify.md',
});
