import type * as Interpreter from 'aws-local-stepfunctions';

/** For `vi.mock('aws-local-stepfunctions', …)`: what is tried again is tried at once. */
export function hasty(real: typeof Interpreter) {
  class Hasty extends real.StateMachine {
    override run: Interpreter.StateMachine['run'] = (input, options) => {
      const retryIntervalOverrides = new Proxy({}, { get: () => 0 });
      return super.run(input, { ...options, overrides: { ...options?.overrides, retryIntervalOverrides } });
    };
  }
  return { ...real, StateMachine: Hasty };
}
