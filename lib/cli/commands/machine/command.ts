import { machineNames } from '../../../base/machine-names.ts';
import { argument, command, option } from '../../command.ts';
import { LOCAL_ONLY } from '../../groups.ts';

export const machineLiteral = command({
  name: 'machine',
  group: LOCAL_ONLY,
  summary: 'print a state machine as JSON, for the console of Step Functions',
  about: `Prints a state machine as JSON, with the retries and time-outs of its steps, for the console of Step Functions.
Needs neither AWS nor a manager.`,
  arguments: [argument('<MACHINE>', 'which state machine', machineNames)],
  options: [
    option(
      '--functions <ARN>',
      'write the ARNs of the functions in place of their names: the ARN up to the name of the stack, arn:aws:lambda:REGION:ACCOUNT:function:NAME',
    ),
  ],
  see: 'how-to/console.md',
  prints: 'document',
});
