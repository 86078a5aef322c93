import { ExportInput } from '../contracts.ts';
import { InvalidInput } from '../errors.ts';
import { describeIssues } from '../issues.ts';
import { DEPLOYED_FLAGS, refuseOf } from './deployed/flags.ts';
import { MANAGER_FLAGS } from './manager-flags.ts';
import { BUCKET_FLAGS } from './storage-flags.ts';
import { parseFlags, type Terminal, UsageError } from './usage.ts';

const LOCAL = {
  'manager-url': MANAGER_FLAGS['manager-url'],
  username: MANAGER_FLAGS.username,
  'password-file': MANAGER_FLAGS['password-file'],
  'token-file': MANAGER_FLAGS['token-file'],
  tenant: MANAGER_FLAGS.tenant,
  'ca-file': MANAGER_FLAGS['ca-file'],
  to: { type: 'string' },
  ...BUCKET_FLAGS,
  size: { type: 'string' },
  keep: { type: 'string' },
  config: { type: 'string' },
  verbose: { type: 'boolean' },
} as const;
const DEPLOYED = { ...DEPLOYED_FLAGS, again: { type: 'boolean' } } as const;
const flags = {
  local: { type: 'boolean' },
  manager: { type: 'string' },
  ...LOCAL,
  ...DEPLOYED,
  'scheduled-time': { type: 'string' },
  reason: { type: 'string' },
  json: { type: 'boolean' },
} as const;
export type ExportFlags = ReturnType<typeof parseFlags<typeof flags>>;

/** `offsite export`: on this machine with `--local`, else the one that is deployed. */
export async function exportCommand(args: string[], terminal: Terminal): Promise<number> {
  const given = parseFlags('export', args, flags);
  refuseOf(given, given.local ? Object.keys(DEPLOYED) : Object.keys(LOCAL));
  if (given.local) return await (await import('./local-export.ts')).localExport(given, terminal);
  if (given.manager === undefined) {
    throw new UsageError(
      'Which manager is to be exported? Add --manager NAME; or --local for a trial on this machine.',
    );
  }
  return await (await import('./deployed/export.ts')).deployedExport(given, terminal);
}

/** The flags as the input of an execution. Throws `InvalidInput`. */
export function exportInput(given: ExportFlags): ExportInput {
  const input = {
    manager: given.manager ?? 'demo',
    ...(given['scheduled-time'] === undefined ? {} : { scheduledTime: given['scheduled-time'] }),
    ...(given.reason === undefined ? {} : { reason: given.reason }),
  };
  const parsed = ExportInput.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new InvalidInput(`The flags are not valid: ${describeIssues(parsed.error)}.`);
}
