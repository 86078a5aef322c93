import { command, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { json } from '../../options/run.ts';
import { whole } from '../../options/values.ts';

export const listLiteral = command({
  name: 'list',
  group: BOTH,
  summary: 'list the verified archives',
  about: 'Lists the verified archives by manager, the newest last, with what is known about each.',
  arguments: [],
  options: [
    option('--manager <NAME>', 'archives of this manager only'),
    option('--last <N>', 'the newest N of each manager; the others are not read', { parse: whole(1, 100_000) }),
    json,
    ...archives,
  ],
  see: 'cli.md#offsite-list',
});
