const leftOut = (): never => {
  throw new Error('This is left out of the package.');
};

/**
 * In the package this stands for what the interpreter of state machines imports and is never asked for: a check of machines,
 * which a test makes, and credentials of Cognito. A megabyte, of which each run would load most.
 */
export default leftOut;
export const fromCognitoIdentityPool = leftOut;
