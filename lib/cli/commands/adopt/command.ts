import { command, option } from '../../command.ts';
import { LOCAL_ONLY } from '../../groups.ts';
import { signing } from '../../options/archives.ts';
import { json } from '../../options/run.ts';

export const adoptLiteral = command({
  name: 'adopt',
  group: LOCAL_ONLY,
  summary: 'use a folder again whose hidden records were not copied',
  about: `A folder with archives keeps versions, checksums and tags in hidden files (.offsite-s3). A copy without them cannot
be used. This command writes them again from the archives and their manifests. It reads every byte, and compares it with the
manifest. What does not agree is named and not adopted. It changes no archive and can be run again.`,
  arguments: [],
  options: [
    option('--from <DIR>', 'the folder (default: ./offsite-data)'),
    option('--dry-run', 'only show what would be adopted: every byte is read, nothing is written'),
    option('--local', 'has no effect: this command is for folders only'),
    ...signing.filter(({ flags }) => flags !== '--signing-key <FILE>'),
    json,
  ],
  exits:
    'Exit codes: 0 all was adopted, or there was nothing to adopt, 1 something was not adopted or is missing, 2 the command line is wrong or the folder is in use, 130 interrupted.',
  see: 'reference/local.md#a-folder-that-was-copied',
});
