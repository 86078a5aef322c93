import { command, option } from '../../command.ts';
import { LOCAL_ONLY } from '../../groups.ts';
import { json, localConfig } from '../../options/run.ts';

export const notifyLiteral = command({
  name: 'notify',
  group: LOCAL_ONLY,
  summary: 'send a test message to each notification target and show the result',
  about: `Sends one test message to each target of the configuration whose address or password this machine can read, and
prints for each target whether it accepted the message. A check that expects pings gets a success.`,
  arguments: [],
  options: [
    option('--test', 'send the test message', { required: true }),
    option('--target <NAME>', 'only this target'),
    localConfig,
    json,
  ],
  exits: `Exit codes: 0 every target accepted the message, 1 a target did not, 2 the command line or the configuration is
wrong.`,
  see: 'how-to/notifications.md#test-messages',
});
