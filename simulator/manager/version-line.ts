/** Versions as numbers: `7.1.0.dev1` counts as 7.1.0. */
export type Version = readonly [major: number, minor: number, patch: number];

export function parseVersion(text: string): Version {
  const match = /^(\d+)\.(\d+)\.(\d+)/.exec(text);
  if (match === null) throw new RangeError(`not a manager version: ${text}`);
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** Below 0 when the first is older. */
export function compareVersions(one: Version, other: Version): number {
  const index = [0, 1, 2].find((n) => one[n] !== other[n]);
  return index === undefined ? 0 : (one[index] ?? 0) - (other[index] ?? 0);
}

/** What differs between the releases of the manager, as far as an export can see it (contract §0.3). */
export interface VersionLine {
  readonly text: string;
  readonly hasOk: boolean;
  /** nginx passes only known resources on to REST and answers its own 404 for the rest. */
  readonly hasPathWhiteList: boolean;
  readonly hasNewFormat: boolean;
  readonly isLegacyByDefault: boolean;
  /** Only legacy and queued creates wait for other executions. */
  readonly isNewFormatUnblocked: boolean;
  readonly namesBlockingExecutions: boolean;
  /** A failed create ends `terminated`, the exception being swallowed. */
  readonly hidesFailedCreate: boolean;
  readonly refusesDeleteOfActive: boolean;
  readonly leavesGhosts: boolean;
  readonly hasFilteredKey: boolean;
  readonly hasRateLimit: boolean;
  readonly quotesFileName: boolean;
  readonly archiveType: string;
  /** Python looks for the file and fails with 500; later nginx looks and fails with 404. */
  readonly failsOnMissingArchive: boolean;
  readonly hasStoredTokens: boolean;
  readonly triesExecutionTokenFirst: boolean;
  readonly hasOldStatus: boolean;
  readonly refusesClusterStatusInRestore: boolean;
  readonly hasResumeFields: boolean;
  readonly hasDisplayName: boolean;
  readonly isSeven: boolean;
  readonly hasListenerTimeout: boolean;
  readonly hasTempdir: boolean;
  /** Python 2's library fetches uploads by URL: no gzip, other errors (contract §6.3). */
  readonly fetchesWithUrllib2: boolean;
  /** A body shorter than its Content-Length passes for whole when fetched. */
  readonly acceptsShortSource: boolean;
  /** Only changes what failed fetches are called. */
  readonly hasUrllib3Two: boolean;
  /** The same: the recorded version had the newest urllib3. */
  readonly printsHostOfConnection: boolean;
  /** A URL must look like one before it is fetched. */
  readonly checksUrl: boolean;
  /** An upload to an existing id is a 201 of nulls; before that a 409. */
  readonly acceptsUploadToExisting: boolean;
  /** A restore must say `recreate_deployments_envs`, and answers with `error: ""` instead of null. */
  readonly isFive: boolean;
  /** A legacy restore stops the REST service of its node; before, the schema is changed under it. */
  readonly stopsRestInRestore: boolean;
  /** `/snapshot-status` needs the database: a check before every request does. */
  readonly checksDatabaseFirst: boolean;
  /** A legacy restore removes the archive as well as the row. */
  readonly removesRestoredArchive: boolean;
  /** The restore flag lies in /tmp and does not survive a reboot. */
  readonly losesFlagInReboot: boolean;
  /** `cluster-status` shows what Patroni says about replication. */
  readonly showsReplication: boolean;
  /** A node of `cluster-status` lists its failures. */
  readonly listsFailures: boolean;
}

export function versionLine(text: string): VersionLine {
  const version = parseVersion(text);
  const from = (minimum: Version): boolean => compareVersions(version, minimum) >= 0;
  return {
    text,
    hasOk: from([6, 0, 0]),
    hasPathWhiteList: !from([6, 0, 0]),
    hasNewFormat: from([7, 0, 0]),
    isLegacyByDefault: !from([7, 0, 1]),
    isNewFormatUnblocked: from([7, 0, 4]),
    namesBlockingExecutions: from([6, 3, 0]),
    hidesFailedCreate: !from([5, 1, 0]),
    refusesDeleteOfActive: from([6, 0, 0]),
    leavesGhosts: from([6, 0, 0]),
    hasFilteredKey: from([5, 2, 0]),
    hasRateLimit: from([7, 0, 1]),
    quotesFileName: from([7, 0, 0]),
    archiveType: from([5, 1, 0]) ? 'application/octet-stream' : 'application/zip',
    failsOnMissingArchive: !from([5, 1, 0]),
    hasStoredTokens: from([6, 4, 0]),
    triesExecutionTokenFirst: from([6, 4, 0]),
    hasOldStatus: !from([7, 0, 0]),
    refusesClusterStatusInRestore: !from([7, 0, 0]),
    hasResumeFields: from([6, 0, 0]),
    hasDisplayName: from([6, 3, 0]),
    isSeven: from([7, 0, 0]),
    hasListenerTimeout: from([7, 0, 4]),
    hasTempdir: from([6, 4, 0]),
    fetchesWithUrllib2: !from([5, 1, 0]),
    acceptsShortSource: from([5, 1, 0]) && !from([7, 0, 3]),
    hasUrllib3Two: from([7, 0, 3]),
    printsHostOfConnection: from([7, 1, 0]),
    checksUrl: from([7, 0, 4]),
    acceptsUploadToExisting: from([7, 0, 3]),
    isFive: !from([6, 0, 0]),
    stopsRestInRestore: from([6, 2, 0]),
    checksDatabaseFirst: from([5, 1, 1]),
    removesRestoredArchive: from([6, 3, 0]),
    losesFlagInReboot: from([7, 0, 3]),
    showsReplication: !from([5, 1, 0]),
    listsFailures: from([7, 1, 0]),
  };
}
