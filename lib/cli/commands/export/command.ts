import { command, localOnly, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { signing, to } from '../../options/archives.ts';
import { managerAccess } from '../../options/manager.ts';
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
import { size, whole } from '../../options/values.ts';

export const exportLiteral = command({
  name: 'export',
  group: BOTH,
  summary: 'back up one manager: take a snapshot, store it, verify it',
  about: `Starts the export that is deployed in AWS. With --local the same state machine runs on this machine with the
same steps; the manager is one of
the configuration, or that of --manager-url; without both it exports from a simulated manager.`,
  arguments: [],
  options: [
    option('--manager <NAME>', 'name of the manager; with --local required for all but the simulated one'),
    option('--all', 'every manager of the configuration; one that fails stops no other', {
      where: 'local',
      conflicts: ['--manager', '--manager-url', '--username', '--token-file', '--size'],
    }),
    option(
      '--parallel <N>',
      'with --all: exports at once, 1 to 16 (default: local.parallel of the configuration, or 2)',
      {
        where: 'local',
        needs: '--all',
        parse: whole(1, 16),
      },
    ),
    option('--scheduled-time <TIME>', 'ISO time that names the snapshot (default: now)'),
    reason,
    json,
    ...manners,
    local,
    localConfig,
    installation,
    wait,
    option('--again', 'run again for a scheduled time whose execution has failed', { where: 'aws' }),
    ...to,
    ...signing,
    option('--size <SIZE>', "size of the simulated manager's archive, for example 2GiB (default: 256MiB)", {
      where: 'local',
      conflicts: ['--manager-url'],
      parse: size,
    }),
    option('--keep <N>', 'how many of our newest snapshots stay on the manager, 1 to 1000 (default: 2)', {
      where: 'local',
      parse: whole(1, 1000),
    }),
    ...localOnly([bandwidth]),
    verbose,
    ...localOnly(managerAccess),
  ],
  exits: `Exit codes: 0 done and verified (with --all: every manager), 1 it failed (with --all: at least one manager), 2 the
command line or the configuration is wrong and nothing was started, 130 interrupted and cleaned up.`,
  see: 'reference/cli.md#offsite-export',
});
