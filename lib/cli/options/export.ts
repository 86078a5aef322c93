import { InvalidInput } from '../../base/errors.ts';
import { describeIssues } from '../../base/zod-issues.ts';
import { ExportInput } from '../../export/contract.ts';
import type { parseFlags } from '../usage.ts';
import { DEPLOYED_FLAGS } from './installation.ts';
import { MANAGER_FLAGS } from './manager.ts';
import { BUCKET_FLAGS } from './storage.ts';

export const LOCAL = {
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
export const DEPLOYED = { ...DEPLOYED_FLAGS, again: { type: 'boolean' } } as const;
export const flags = {
  local: { type: 'boolean' },
  manager: { type: 'string' },
  ...LOCAL,
  ...DEPLOYED,
  'scheduled-time': { type: 'string' },
  reason: { type: 'string' },
  json: { type: 'boolean' },
} as const;
export type ExportFlags = ReturnType<typeof parseFlags<typeof flags>>;

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
