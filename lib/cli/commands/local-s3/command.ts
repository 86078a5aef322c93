import { command, option } from '../../command.ts';
import { LOCAL_ONLY } from '../../groups.ts';
import { listenAddress, whole } from '../../options/values.ts';

export const localS3Literal = command({
  name: 'local-s3',
  group: LOCAL_ONLY,
  summary: 'run an S3 endpoint on a folder',
  about: `Serves a folder as an S3 endpoint on this machine until it is interrupted: versions, multipart, checksums, tags. Prints
the key pair that clients must sign with.`,
  arguments: [],
  options: [
    option('--listen <ADDRESS>', 'address to listen on, with or without a port: ::1, [::1]:9000 (default: 127.0.0.1)', {
      parse: listenAddress,
    }),
    option('--port <PORT>', 'default: any free port', { parse: whole(0, 65535) }),
    option('--dir <DIR>', 'default: ./offsite-data'),
    option('--bucket <NAME>', 'created if it is missing (default: offsite)'),
  ],
  see: 'reference/local.md#offsite-local-s3',
  prints: 'document',
});
