import { loadMachine, machineNames, withArns } from '../../workflow/definition.ts';
import { functionName } from '../../workflow/steps.ts';
import { EXIT, parseArguments, type Terminal, UsageError } from '../usage.ts';

const flags = { functions: { type: 'string' } } as const;
const BEGINNING_OF_ARN = /^arn:aws[\w-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+$/;

/** `offsite machine`: prints a state machine as it runs, retries and time-outs filled in. Asks nobody. */
export async function machineCommand(args: string[], { out }: Terminal): Promise<number> {
  const { values: given, positionals } = parseArguments('machine', args, flags, 1);
  const name = machineNames.find((known) => known === positionals[0]);
  if (name === undefined) {
    const problem = positionals[0] === undefined ? 'A machine is missing.' : `"${positionals[0]}" is no state machine.`;
    throw new UsageError(`${problem} Give one of: ${machineNames.join(', ')}.`);
  }
  const { functions } = given;
  if (functions !== undefined && !BEGINNING_OF_ARN.test(functions)) {
    throw new UsageError(
      `--functions ${functions}: must be arn:aws:lambda:REGION:ACCOUNT:function:NAME, with the installation's name as NAME.`,
    );
  }
  const machine = loadMachine(name);
  const shown = functions === undefined ? machine : withArns(machine, (step) => functionName(functions, step));
  out.write(`${JSON.stringify(shown, null, 2)}\n`);
  return EXIT.ok;
}
