import { StateMachine as Real } from 'aws-local-stepfunctions';

export * from 'aws-local-stepfunctions';

/** In place of the interpreter's own (vitest.config.ts): what is tried again is tried at once, since it knows no clock but the real one. */
export class StateMachine extends Real {
  override run: Real['run'] = (input, options) => {
    const retryIntervalOverrides = new Proxy({}, { get: () => 0 });
    return super.run(input, { ...options, overrides: { ...options?.overrides, retryIntervalOverrides } });
  };
}
