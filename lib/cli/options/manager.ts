import { inGroup, option } from '../command.ts';

/**
 * How a manager is reached. No option takes the password itself, because other users of the machine can read it in the
 * list of processes.
 */
export const managerAccess = inGroup('Access to the manager', [
  option('--manager-url <URL>', 'its address, https://manager.example.com; once per node of a cluster', {
    repeats: true,
  }),
  option('--username <NAME>', 'the user, with --password-file', { conflicts: ['--token-file'] }),
  option('--password-file <FILE>', 'a file that holds the password ("-": standard input)', {
    conflicts: ['--token-file'],
  }),
  option('--token-file <FILE>', 'a file that holds an API token, instead of user and password ("-": standard input)'),
  option('--tenant <NAME>', 'the tenant (default: default_tenant)'),
  option('--ca-file <FILE>', "PEM of the CA that signed the manager's certificate"),
  option('--strict-files', 'refuse files with credentials or keys that other users can read (default: a warning)'),
]);
