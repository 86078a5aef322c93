import { command, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { json } from '../../options/run.ts';

export const digestLiteral = command({
  name: 'digest',
  group: BOTH,
  summary: 'print or send one message about all managers',
  about: `Counts the managers that are backed up as configured, and names those whose last run failed or whose newest archive is
overdue. With --send the message goes to the notification targets.`,
  arguments: [],
  options: [option('--send', 'send it to the notification targets of the configuration'), json, ...archives],
  exits: `Exit codes: 0 every manager is backed up as configured, 1 one is not, or a target did not accept the message, 2 the
command line or the configuration is wrong, 130 interrupted.`,
  see: 'how-to/notifications.md#the-digest',
});
