/**
 * What Step Functions reports when the call of a function fails and not the function: each name, and what is done about
 * it. Sources: the errors of Lambda's Invoke in the service model (`@aws-sdk/client-lambda`), which Step Functions reports
 * as `Lambda.<name>`; the Lambda guide ("Troubleshoot", "Understanding retry behavior") for `Runtime` and `Sandbox`; the
 * Step Functions guide ("Handling errors in Step Functions workflows") for `States`.
 */

/**
 * - `fault`: of Lambda itself, over in minutes.
 * - `waking`: the function is made ready to run. One in a VPC that was idle for weeks becomes inactive; the first call
 *   fails and begins to reactivate it, which takes a minute or two (Lambda guide, configuration-vpc).
 * - `throttled`: the account's concurrency, or the function's own, is in use.
 * - `crashed`: the function ran and gave no answer: killed, out of time or out of memory.
 * - `final`: the same call fails again until a person has changed something.
 * - `flow`: of the state machine, not of a call; never of a task that calls a function.
 */
type Handling = 'fault' | 'waking' | 'throttled' | 'crashed' | 'final' | 'flow';

export const serviceErrors = {
  'Lambda.ServiceException': 'fault',
  'Lambda.AWSLambdaException': 'fault',
  'Lambda.SdkClientException': 'fault',
  'Lambda.ClientExecutionTimeoutException': 'fault',
  'Lambda.CodeArtifactUserPendingException': 'fault',

  'Lambda.ResourceNotReadyException': 'waking',
  'Lambda.ENINotReadyException': 'waking',
  // The function is pending: it is being reactivated, or a deployment has just changed it.
  'Lambda.ResourceConflictException': 'waking',
  'Lambda.EC2UnexpectedException': 'waking',
  'Lambda.EC2ThrottledException': 'waking',
  'Lambda.ENILimitReachedException': 'waking',
  'Lambda.SubnetIPAddressLimitReachedException': 'waking',
  // A key that is being rotated, moved or enabled.
  'Lambda.KMSInvalidStateException': 'waking',
  'Lambda.SnapStartNotReadyException': 'waking',

  'Lambda.TooManyRequestsException': 'throttled',

  'Lambda.Unknown': 'crashed',
  'Runtime.ExitError': 'crashed',
  'Runtime.OutOfMemory': 'crashed',
  'Sandbox.Timedout': 'crashed',
  'States.Timeout': 'crashed',

  'Lambda.CodeArtifactUserDeletedException': 'final',
  'Lambda.CodeArtifactUserFailedException': 'final',
  'Lambda.DurableExecutionAlreadyStartedException': 'final',
  'Lambda.EC2AccessDeniedException': 'final',
  'Lambda.EFSIOException': 'final',
  'Lambda.EFSMountConnectivityException': 'final',
  'Lambda.EFSMountFailureException': 'final',
  'Lambda.EFSMountTimeoutException': 'final',
  'Lambda.InvalidParameterValueException': 'final',
  'Lambda.InvalidRequestContentException': 'final',
  'Lambda.InvalidRuntimeException': 'final',
  'Lambda.InvalidSecurityGroupIDException': 'final',
  'Lambda.InvalidSubnetIDException': 'final',
  'Lambda.InvalidZipFileException': 'final',
  'Lambda.KMSAccessDeniedException': 'final',
  'Lambda.KMSDisabledException': 'final',
  'Lambda.KMSNotFoundException': 'final',
  'Lambda.ModeNotSupportedException': 'final',
  'Lambda.NoPublishedVersionException': 'final',
  'Lambda.RecursiveInvocationException': 'final',
  'Lambda.RequestTooLargeException': 'final',
  'Lambda.ResourceNotFoundException': 'final',
  'Lambda.S3FilesMountConnectivityException': 'final',
  'Lambda.S3FilesMountFailureException': 'final',
  'Lambda.S3FilesMountTimeoutException': 'final',
  'Lambda.SerializedRequestEntityTooLargeException': 'final',
  'Lambda.ServiceQuotaExceededException': 'final',
  'Lambda.SnapStartException': 'final',
  'Lambda.SnapStartRegenerationFailureException': 'final',
  'Lambda.SnapStartTimeoutException': 'final',
  'Lambda.UnsupportedMediaTypeException': 'final',
  'Lambda.AccessDeniedException': 'final',
  'Runtime.BadFunctionCode': 'final',
  'Runtime.HandlerNotFound': 'final',
  'Runtime.ImportModuleError': 'final',
  'Runtime.InvalidEntrypoint': 'final',
  'Runtime.InvalidTaskConfig': 'final',
  'Runtime.InvalidWorkingDir': 'final',
  'Runtime.MalformedHandlerName': 'final',
  'Runtime.UnhandledPromiseRejection': 'final',
  'Runtime.Unknown': 'final',
  'Runtime.UserCodeSyntaxError': 'final',
  'States.DataLimitExceeded': 'final',
  'States.Permissions': 'final',
  'States.Runtime': 'final',

  'States.BranchFailed': 'flow',
  'States.ExceedToleratedFailureThreshold': 'flow',
  'States.HeartbeatTimeout': 'flow',
  'States.IntrinsicFailure': 'flow',
  'States.ItemReaderFailed': 'flow',
  'States.NoChoiceMatched': 'flow',
  'States.ParameterPathFailure': 'flow',
  'States.QueryEvaluationError': 'flow',
  'States.ResultPathMatchFailure': 'flow',
  'States.ResultWriterFailed': 'flow',
} as const satisfies Record<string, Handling>;

export type ServiceError = keyof typeof serviceErrors;

/** The names of one handling, in the order of the list. */
export function errorsOf(handling: Handling): ServiceError[] {
  const names = Object.keys(serviceErrors) as ServiceError[];
  return names.filter((name) => serviceErrors[name] === handling);
}
