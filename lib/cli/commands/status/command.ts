import { command, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { json } from '../../options/run.ts';

export const statusLiteral = command({
  name: 'status',
  group: BOTH,
  summary: 'show the newest archive, last run, next run and last drill of every manager',
  about: `Prints one line for each manager: its newest archive, how its last run ended, when the next run is due, its last
drill, and what needs attention.`,
  arguments: [],
  options: [option('--manager <NAME>', 'this manager only'), json, ...archives],
  exits: `Exit codes: 0 every manager has an archive that is not stale, 1 a manager has none or a stale one, or the state
could not be read, 2 the command line or the configuration is wrong, 130 interrupted.`,
  see: 'reference/cli.md#offsite-status',
});
