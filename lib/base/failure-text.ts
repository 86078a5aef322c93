import type { Failure } from './schemas.ts';

/**
 * What a state machine caught, as a sentence for people. Lambda wraps an error's message in JSON (`errorMessage`); the
 * local interpreter hands it over as it is.
 */
export function messageOf({ Error: name, Cause = '' }: Failure): string {
  if (name === 'States.Timeout') return 'A step did not answer within its time-out, also when it was tried again.';
  try {
    const { errorMessage } = JSON.parse(Cause) as { errorMessage?: unknown };
    if (typeof errorMessage === 'string') return errorMessage;
  } catch {
    // Not JSON: the message itself.
  }
  return Cause || `${name}, without a message.`;
}
