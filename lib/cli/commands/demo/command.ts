import { command, option } from '../../command.ts';
import { LOCAL_ONLY } from '../../groups.ts';
import { size } from '../../options/values.ts';

export const demoLiteral = command({
  name: 'demo',
  group: LOCAL_ONLY,
  summary: 'export and restore between two simulated managers',
  about: `Exports from a simulated manager, restores into a second one that is empty, counts both again and compares: a
complete recovery within a minute. It uses nothing outside this machine.`,
  arguments: [],
  options: [
    option('--size <SIZE>', 'size of the archive, for example 1GiB (default: 64MiB)', { parse: size }),
    option('--to <DIR>', 'folder for archive and restore report (default: ./offsite-data)'),
  ],
  see: 'reference/local.md#offsite-demo',
});
