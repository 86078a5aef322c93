/** What the table of steps (lib/workflow/steps.ts) says of one. */
export interface StepSpec {
  readonly purpose: string;
  /** Lambda time-out; states that call the step wait a little longer (lib/workflow/definition.ts). */
  readonly timeoutSeconds: number;
  /** Which errors are tried again, beside those of Lambda itself. */
  readonly retries: readonly RetryName[];
  readonly memoryMB: number;
  readonly touches: readonly Touch[];
  /** The first steps of a machine: their `input` comes from a person, so a wrong one is `InvalidInput`. */
  readonly entry?: true;
}

/** A policy of lib/workflow/retries.ts: which errors, how often, for how long. */
export type RetryName =
  | 'crashedOnce'
  | 'crashedTwice'
  | 'crashedThreeTimes'
  | 'crashedWhileAsking'
  | 'storage'
  | 'report'
  | 'managerAway'
  | 'manager'
  | 'managerOrSecret'
  | 'managerShortly'
  | 'managerForUpload'
  | 'busyForHours'
  | 'busy'
  | 'snapshotLost'
  | 'uploadLost'
  | 'interrupted'
  | 'credentials'
  | 'damaged';

/** 1,769 MB is one whole vCPU (AWS Lambda guide): inflating is bound by it. */
export const ONE_CPU_MB = 1769;

/**
 * What a step may touch. One word is one grant on one prefix; a step that is not listed here for it has no such right.
 * `secret:read` is of the managers of the function's own group, `secret:read-sources` of those that the configuration lets
 * restores onto them use. `read` includes lists of the prefix and of its versions, and tags; `tag` writes tags and legal holds.
 */
export type Touch =
  | 'secret:read'
  | 'secret:read-sources'
  | 'manager:http'
  | 'runs:read'
  | 'runs:write'
  | 'archives:read'
  | 'archives:write'
  | 'archives:delete-unrecorded'
  | 'archives:abort'
  | 'archives:tag'
  | 'archives:lock'
  | 'manifests:lock'
  | 'manifests:tag'
  | 'inspections:tag'
  | 'inspections:read'
  | 'inspections:write'
  | 'inspections:delete'
  | 'manifests:read'
  | 'manifests:write'
  | 'manifests:delete'
  | 'marks:read'
  | 'marks:write'
  | 'keeps:read'
  | 'keeps:write'
  | 'accepts:read'
  | 'accepts:write'
  | 'claims:read'
  | 'claims:write'
  | 'restores:read'
  | 'restores:write'
  | 'approval-requests:read'
  | 'approval-requests:write'
  | 'approvals:read'
  | 'approvals:write'
  | 'approval-uses:read'
  | 'approval-uses:write'
  | 'indexes:read'
  | 'indexes:write'
  | 'reconciliations:read'
  | 'reconciliations:write'
  | 'reports:read'
  | 'reports:write'
  | 'reports:lock'
  | 'records:sign'
  | 'bucket:inspect'
  | 'key:describe'
  | 'functions:describe'
  | 'executions:describe'
  | 'topic:publish'
  | 'targets:read-secrets';

/** What applying retention needs beside manifests and archives, the index of archives included (lib/retention/apply.ts). */
export const RETENTION = [
  'marks:read',
  'keeps:read',
  'accepts:read',
  'archives:tag',
  'manifests:tag',
  'inspections:read',
  'inspections:tag',
  'indexes:read',
  'indexes:write',
  'records:sign',
] as const satisfies Touch[];
