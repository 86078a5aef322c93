/**
 * What can go wrong between a person's command line and an installation in AWS. No state machine sees these; their names
 * are what a script finds in `error`. docs/reference/errors.md explains each.
 */

/** There is no installation of this name in this region and account. The command line is wrong: exit code 2. */
export class InstallationNotFound extends Error {
  override readonly name = 'InstallationNotFound';
}
/** AWS did not answer as it should just now (throttling, 5xx, no connection), also when it was asked again. */
export class AwsUnavailable extends Error {
  override readonly name = 'AwsUnavailable';
}
/** AWS said no for a reason that stays: a permission is missing, or the credentials are wrong or have expired. */
export class AwsRefused extends Error {
  override readonly name = 'AwsRefused';
}
/** There is no execution as it was named; histories are kept for 90 days (aws: Step Functions quotas). */
export class ExecutionNotFound extends Error {
  override readonly name = 'ExecutionNotFound';
}
/** The name of the execution is taken by one that has ended, or that was given something else. */
export class ExecutionExists extends Error {
  override readonly name = 'ExecutionExists';
}
/** The execution did not end before the time-out of its state machine. Nobody cleaned up after it. */
export class ExecutionTimedOut extends Error {
  override readonly name = 'ExecutionTimedOut';
}
/** Somebody stopped the execution in the console or by the API. Nobody cleaned up after it. */
export class ExecutionAborted extends Error {
  override readonly name = 'ExecutionAborted';
}
