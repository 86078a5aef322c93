import { command, localOnly, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { signing, to } from '../../options/archives.ts';
import { managerAccess } from '../../options/manager.ts';
import { config, installation, json, local } from '../../options/run.ts';

export const doctorLiteral = command({
  name: 'doctor',
  group: BOTH,
  summary: 'check that a backup can work, without changing anything',
  about: `Checks the way to a manager (address, certificate, version, user, licence, byte ranges, clock) and to the archives (bucket or
folder). In AWS a function does this inside the VPC, and the stack is checked as well. Nothing is changed on the
manager, and nothing is left behind. Each check is one line: ok, warning, failed, or not checked, with what to do.`,
  arguments: [],
  options: [
    option('--manager <NAME>', 'name of the manager', { conflicts: ['--all'] }),
    option('--all', 'every manager of the configuration, with one summary', {
      conflicts: ['--manager-url', '--username', '--password-file', '--token-file'],
    }),
    json,
    installation,
    local,
    config,
    ...to,
    ...signing,
    ...localOnly(managerAccess),
  ],
  exits:
    'Exit codes: 0 no check failed (warnings are possible), 1 a check failed (with --all: of at least one manager), 2 the command line is wrong.',
  see: 'how-to/doctor.md',
});
