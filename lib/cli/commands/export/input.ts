import { defined } from '../../../base/defined.ts';
import { InvalidInput } from '../../../base/errors.ts';
import { describeIssues } from '../../../base/zod-issues.ts';
import { ExportInput } from '../../../export/contract.ts';
import type { Given } from '../../command.ts';
import type { ConfiguredRun } from '../../inputs/not-begun.ts';
import type { exportLiteral } from './command.ts';

export type ExportGiven = Given<typeof exportLiteral>;

/** The options as the input of an execution. Throws `InvalidInput`. */
export function exportInput(given: ExportGiven): ExportInput {
  const input = {
    manager: given.manager ?? 'demo',
    ...defined({ scheduledTime: given.scheduledTime, reason: given.reason }),
  };
  const parsed = ExportInput.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new InvalidInput(`The options are not valid: ${describeIssues(parsed.error)}.`);
}

/** For a message that it has not begun. */
export function asRun({ manager }: Pick<ExportInput, 'manager'>): ConfiguredRun {
  return { about: 'export', manager, what: `export of ${manager}` };
}
