import type { MachineName } from '../base/machine-names.ts';
import type { StepName } from '../base/step-names.ts';
import { FOLDERS, type Folder, prefixOf } from '../storage/layout.ts';
import { type Grant, objectsIn, type Places, via } from './grants.ts';

/**
 * What people may do, by their work. Each policy is enough for the commands of that work (docs/reference/cli.md), and none lets one
 * person both start a restore and approve it: whoever has both of these policies can do neither.
 */
export const personNames = ['auditor', 'operator', 'restorer', 'approver'] as const;
export type PersonName = (typeof personNames)[number];

export interface Right extends Grant {
  readonly effect?: 'Deny';
}

/** ARNs, or in docs/reference/permissions.md words in their place. */
export interface PeoplePlaces extends Pick<Places, 'bucket' | 'key' | 'region'> {
  /** The machine, and where there are groups of managers the pattern of theirs; executions and functions likewise. */
  readonly machine: (name: MachineName) => readonly string[];
  readonly executions: (name: MachineName) => readonly string[];
  /** All machines of the installation, in as few patterns as there can be; their executions likewise. */
  readonly all: { readonly machines: readonly string[]; readonly executions: readonly string[] };
  readonly step: (name: StepName) => readonly string[];
  /** All of them, in all groups. */
  readonly schedules: readonly string[];
}

export interface Person {
  /** For the description of the policy and the table of docs/reference/permissions.md. */
  readonly does: string;
  readonly rights: (places: PeoplePlaces) => Right[];
}

const RECORDS = FOLDERS.filter((folder) => folder !== 'archives');
/** A policy has room for 6,144 characters, and no command reads an inspection. */
const WITHOUT_INSPECTIONS = RECORDS.filter((folder) => folder !== 'inspections');

export const PEOPLE: Readonly<Record<PersonName, Person>> = {
  auditor: {
    does: 'reads records and executions, and no archive: list, show, status, follow',
    rights: (places) => [...watching(places), ...reading(RECORDS, places), ...tags(places), scheduled(places)],
  },
  operator: {
    does: 'starts exports, verifications, reconciliations and reports, keeps and accepts archives; starts no restore, approves none',
    rights: (places) => [
      ...watching(places),
      ...reading(WITHOUT_INSPECTIONS, places),
      ...tags(places),
      scheduled(places),
      ...starting(['export', 'verify', 'reconcile', 'decide', 'report', 'diagnose'], places),
    ],
  },
  restorer: {
    does: 'starts restores and drills; approves none',
    rights: (places) => [
      ...watching(places),
      ...reading(RECORDS, places),
      ...starting(['restore'], places),
      never(['approve'], places),
      noDirectCall(['ApproveRestore'], places),
    ],
  },
  approver: {
    does: 'approves and rejects restores that wait; starts none',
    rights: (places) => [
      ...watching(places),
      ...reading(['approval-requests', 'approvals', 'manifests', 'restores', 'claims', 'runs', 'keys'], places),
      { actions: ['states:StartExecution'], resources: places.machine('approve') },
      never(['restore'], places),
      noDirectCall(['StartRestore', 'ApproveRestore'], places),
    ],
  },
};

/** Every command finds the installation first, by the tags of its machines. The list has no ARN to be limited to. */
function watching({ all }: PeoplePlaces): Right[] {
  const machineActions = ['states:ListTagsForResource', 'states:DescribeStateMachine', 'states:ListExecutions'];
  return [
    { actions: ['states:ListStateMachines'], resources: ['*'] },
    { actions: machineActions, resources: all.machines },
    { actions: ['states:DescribeExecution', 'states:GetExecutionHistory'], resources: all.executions },
  ];
}

function starting(machines: readonly MachineName[], { machine, executions }: PeoplePlaces): Right[] {
  return [
    { actions: ['states:StartExecution'], resources: machines.flatMap(machine) },
    { actions: ['states:StopExecution'], resources: machines.flatMap(executions) },
  ];
}

/**
 * Folders whose names begin alike are one pattern, as long as it takes to match no other folder: a policy has room for
 * 6,144 characters, and each folder takes 90 of them.
 */
function patternsOf(folders: readonly Folder[]): string[] {
  const isOurs = (prefix: string) => FOLDERS.every((one) => !one.startsWith(prefix) || folders.includes(one));
  const patternOf = (folder: Folder) => {
    const alike = FOLDERS.filter((one) => one.slice(0, 2) === folder.slice(0, 2));
    const prefix = folder.slice(0, 2);
    return alike.length > 1 && isOurs(prefix) ? `${prefix}*` : `${prefixOf(folder)}*`;
  };
  return [...new Set(folders.map(patternOf))];
}

/** Names of the whole bucket: without them S3 answers 403 for what is not there. */
function reading(folders: readonly Folder[], { bucket, key, region }: PeoplePlaces): Right[] {
  return [
    { actions: ['s3:ListBucket', 's3:ListBucketVersions'], resources: [bucket] },
    {
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: patternsOf(folders).map((pattern) => `${bucket}/${pattern}`),
    },
    { actions: ['kms:Decrypt'], resources: [key], conditions: via('s3', region) },
  ];
}

/** The retention class of an archive, and how many bytes of an upload are there. */
function tags({ bucket }: PeoplePlaces): Right[] {
  const actions = ['s3:GetObjectVersionTagging', 's3:ListMultipartUploadParts'];
  return [{ actions, resources: [objectsIn(bucket, 'archives')] }];
}

/** Whether a schedule is there, and enabled: status. */
function scheduled({ schedules }: PeoplePlaces): Right {
  return { actions: ['scheduler:GetSchedule'], resources: schedules };
}

/** Also where another policy of the same person allows it. */
function never(machines: readonly MachineName[], { machine, executions }: PeoplePlaces): Right {
  return {
    effect: 'Deny',
    actions: ['states:RedriveExecution', 'states:StartExecution', 'states:StartSyncExecution'],
    resources: machines.flatMap((name) => [...machine(name), ...executions(name)]),
  };
}

function noDirectCall(steps: readonly StepName[], { step }: PeoplePlaces): Right {
  return { effect: 'Deny', actions: ['lambda:InvokeFunction'], resources: steps.flatMap(step) };
}
