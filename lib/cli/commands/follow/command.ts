import { argument, command, option } from '../../command.ts';
import { AWS_ONLY } from '../../groups.ts';
import { installation, json } from '../../options/run.ts';

export const followLiteral = command({
  name: 'follow',
  group: AWS_ONLY,
  summary: 'show an execution from its beginning to its end',
  about: `Shows an execution in AWS from its beginning until it has ended, and then its report. Ctrl-C ends the display; the
execution continues.`,
  arguments: [argument('[EXECUTION]', 'its ARN, or its name (m1-20261122T020000Z)')],
  options: [
    option('--manager <NAME>', 'instead: the execution of this manager that began last'),
    installation,
    json,
    option('--local', 'is refused: a run on this machine shows its progress where it runs'),
  ],
  exits: `Exit codes: 0 the execution has succeeded, 1 it has failed or cannot be read, 2 the command line or the
configuration is wrong, 130 you stopped watching and the execution continues.`,
  see: 'reference/cli.md#offsite-follow',
});
