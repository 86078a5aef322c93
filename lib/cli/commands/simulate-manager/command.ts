import { command, option } from '../../command.ts';
import { LOCAL_ONLY } from '../../groups.ts';
import { size, whole } from '../../options/values.ts';

export const simulateManagerLiteral = command({
  name: 'simulate-manager',
  group: LOCAL_ONLY,
  summary: 'run a simulated Cloudify Manager to try things on',
  about: 'Runs a simulated Cloudify Manager that answers as real ones do, until it is interrupted.',
  arguments: [],
  options: [
    option('--port <PORT>', 'port of the first node (default: any free port)', { parse: whole(0, 65535) }),
    option('--host <ADDRESS>', 'address to listen on (default: 127.0.0.1)'),
    option('--version <X.Y.Z>', '5.0.5 to 7.0.5 (default: 7.0.5)'),
    option('--edition <EDITION>', 'community from 7.0.1 on makes no new snapshot, as real ones (default: premium)', {
      choices: ['premium', 'community'],
    }),
    option('--archive <FILE>', 'the zip that its snapshots hold', { conflicts: ['--size'] }),
    option('--size <SIZE>', 'or the size of a generated one, for example 2GiB', { parse: size }),
    option('--username <NAME>', 'the user that it accepts (default: admin)'),
    option('--password <TEXT>', 'the password of that user (default: admin); unlike that of a real manager, no secret'),
    option('--nodes <N>', 'a cluster of N nodes with one database (default: 1)', { parse: whole(1, 9) }),
    option('--create-seconds <N>', 'how long a snapshot takes (default: 5)', { parse: whole(0, 86_400) }),
    option('--restore-seconds <N>', 'how long a restore takes (default: 30)', { parse: whole(1, 86_400) }),
    option('--holds <CONTENT>', 'what it holds at the start (default: archive)', { choices: ['archive', 'nothing'] }),
    option('--tls', 'HTTPS with a CA of its own'),
    option('--ca-out <FILE>', 'where the PEM of that CA is written', { needs: '--tls' }),
  ],
  see: 'reference/local.md#offsite-simulate-manager',
  prints: 'document',
});
