import { command, option } from '../../command.ts';
import { LOCAL_ONLY } from '../../groups.ts';
import { whole } from '../../options/values.ts';

export const localS3Literal = command({
  name: 'local-s3',
  group: LOCAL_ONLY,
  summary: 'run an S3 endpoint on a folder',
  about: `Runs an S3 endpoint on a folder until it is interrupted: versions, multipart, checksums, tags. It verifies no
signatures: for this machine only.`,
  arguments: [],
  options: [
    option('--port <PORT>', 'default: any free port', { parse: whole(0, 65535) }),
    option('--dir <DIR>', 'default: ./offsite-data'),
    option('--bucket <NAME>', 'created if it is missing (default: offsite)'),
  ],
  see: 'local.md#offsite-local-s3',
});
