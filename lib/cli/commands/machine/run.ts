import { loadMachine, withArns } from '../../../workflow/definition.ts';
import { functionName } from '../../../workflow/steps.ts';
import type { Given } from '../../command.ts';
import { EXIT, type Terminal, UsageError } from '../../usage.ts';
import type { machineLiteral } from './command.ts';

const BEGINNING_OF_ARN = /^arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+$/;

/** `offsite machine`: prints a state machine as it runs, retries and time-outs filled in. Needs no network. */
export async function machineCommand(given: Given<typeof machineLiteral>, { out }: Terminal): Promise<number> {
  const { functions } = given;
  if (functions !== undefined && !BEGINNING_OF_ARN.test(functions)) {
    throw new UsageError(
      `--functions ${functions}: must be arn:aws:lambda:REGION:ACCOUNT:function:NAME, with the stack's name as NAME.`,
    );
  }
  const machine = loadMachine(given.machine);
  const shown = functions === undefined ? machine : withArns(machine, (step) => functionName(functions, step));
  out.write(`${JSON.stringify(shown, null, 2)}\n`);
  return EXIT.ok;
}
