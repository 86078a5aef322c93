import type { Functions } from '../base/ports.ts';
import { type AwsFailure, PATIENCE, type Patience } from './aws-client.ts';

/** What Lambda says of functions. `prefixOf`: what their names begin with in the group of a manager. */
export function functionStates(prefixOf: (manager: string) => string, patience: Patience = PATIENCE): Functions {
  // Only one function asks: the others need not load this client.
  const asking = async () => await import('@aws-sdk/client-lambda');
  return {
    async stateOf(manager, step) {
      const { LambdaClient, GetFunctionConfigurationCommand } = await asking();
      const FunctionName = `${prefixOf(manager)}-${step}`;
      try {
        const asked = new GetFunctionConfigurationCommand({ FunctionName });
        const { State = 'Active', StateReason } = await new LambdaClient(patience).send(asked);
        return StateReason === undefined || State === 'Active' ? State : `${State} (${StateReason})`;
      } catch (error) {
        const { name = 'Error' } = error as AwsFailure;
        return name === 'ResourceNotFoundException' ? 'missing' : `not known (${name})`;
      }
    },
  };
}
