import { defined } from '../../../base/defined.ts';
import { InvalidInput } from '../../../base/errors.ts';
import { describeIssues } from '../../../base/zod-issues.ts';
import { VerifyInput } from '../../../verification/input.ts';
import type { Given } from '../../command.ts';
import { UsageError } from '../../usage.ts';
import type { verifyLiteral } from './command.ts';

export type VerifyGiven = Given<typeof verifyLiteral>;

/** Options and argument as the input of an execution. Throws `InvalidInput`, `UsageError`. */
export function verifyInput({ archive, ...given }: VerifyGiven): VerifyInput {
  if (archive !== undefined && given.manager === undefined) {
    throw new UsageError('Two managers may have archives of the same name: add --manager NAME.');
  }
  if (archive === undefined && given.sample === undefined && !given.all) {
    throw new UsageError('Say how much to read: an archive ("latest", or its id), --sample 10%, or --all.');
  }
  const parsed = VerifyInput.safeParse({
    ...defined({ manager: given.manager, archive, sample: given.sample }),
    ...(given.all ? { all: true } : {}),
    ...defined({ reason: given.reason }),
  });
  if (parsed.success) return parsed.data;
  throw new InvalidInput(`The arguments are not valid: ${describeIssues(parsed.error)}.`);
}
