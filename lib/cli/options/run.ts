import { option } from '../command.ts';
import { rate, shortText } from './values.ts';

/** What options of a run have in common, whichever command starts it. */
export const local = option('--local', 'run on this machine, without a stack in AWS');
export const installation = option('--installation <NAME>', 'name of the stack in AWS (default: offsite)', {
  where: 'aws',
  env: 'OFFSITE_INSTALLATION',
});
export const wait = option('--wait', 'show the progress until the execution has ended; Ctrl-C stops only the display', {
  where: 'aws',
});
export const reason = option('--reason <TEXT>', 'free text for the record, 500 characters at most', {
  parse: shortText,
});
export const config = option(
  '--config <FILE>',
  'the configuration: managers, destination, retention, signatures (in AWS by default that of the cdk.json in this folder, if it has the same name)',
  { env: 'OFFSITE_CONFIG' },
);
/** Where AWS has its own. */
export const localConfig = option(
  '--config <FILE>',
  'the configuration: managers, credentials, destination, retention, signatures',
  { where: 'local', env: 'OFFSITE_CONFIG' },
);
export const json = option('--json', 'print one JSON document on standard output');
/** How much of archives this machine sends and reads in a second. */
export const bandwidth = option(
  '--bandwidth <RATE>',
  'the most that is sent, and the most that is read, in a second, for example 20MB/s or 160Mbit/s (default: local.bandwidth of the configuration)',
  { parse: rate },
);

/** How a run speaks, beside `--quiet`. */
export const manners = [
  option('--log-format <FORMAT>', 'standard error as lines with a time: text, or one JSON object each', {
    choices: ['text', 'json'],
    env: 'OFFSITE_LOG_FORMAT',
  }),
] as const;
export const verbose = option('--verbose', 'print what the steps log, on standard error', { where: 'local' });
