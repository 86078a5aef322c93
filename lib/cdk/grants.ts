import type { Touch } from '../base/step-spec.ts';
import { type Folder, prefixOf } from '../storage/layout.ts';

/** One statement of a policy, as data. */
export interface Grant {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** What grants are about: ARNs, or in docs/reference/permissions.md words in their place. */
export interface Places {
  /** ARN of the bucket. */
  readonly bucket: string;
  readonly key: string;
  /** The key that signs records. */
  readonly signingKey: string;
  readonly topic: string;
  /** The topic without successes, if there is one. */
  readonly failuresTopic: string | undefined;
  /** The same as the next two, of the secrets of notification targets. */
  readonly targets: readonly string[];
  readonly targetKeys: readonly string[];
  /** The same of the secret with the login of the proxy. */
  readonly proxySecrets: readonly string[];
  readonly proxySecretKeys: readonly string[];
  /** ARNs or patterns of ARNs of the secrets of a group's managers, and the keys of those that have keys of their own. */
  readonly secrets: readonly string[];
  readonly secretKeys: readonly string[];
  /** The same of secrets beside them that the configuration lets restores onto these managers use. */
  readonly sources: readonly string[];
  readonly sourceKeys: readonly string[];
  /** Patterns of the executions of our state machines. */
  readonly executions: readonly string[];
  /** Patterns of our functions. */
  readonly functions: readonly string[];
  readonly region: string;
  /** Whether functions that talk to managers run in a VPC. */
  readonly inVpc: boolean;
}

type Grants = (places: Places) => Grant[];

/** What one word of the table of steps (lib/workflow/steps.ts) is worth. Nothing else is granted to a step but its log and trace. */
export const GRANTS: Readonly<Record<Touch, Grants>> = {
  'secret:read': ({ secrets, secretKeys, key, region }) => readSecrets(secrets, [key, ...secretKeys], region),
  'secret:read-sources': ({ sources, sourceKeys, region }) => readSecrets(sources, sourceKeys, region),
  // The interfaces of a function in a VPC, which have no ARN before they are made. The code itself may not use them.
  'manager:http': ({ inVpc, proxySecrets, proxySecretKeys, region }) => [
    ...(inVpc ? [{ actions: NETWORK_INTERFACES, resources: ['*'] }] : []),
    ...readSecrets(proxySecrets, proxySecretKeys, region),
  ],
  'runs:read': read('runs'),
  'runs:write': write('runs'),
  'archives:read': read('archives'),
  'archives:write': (places) => [
    ...write('archives')(places),
    { actions: ['s3:ListMultipartUploadParts'], resources: [objectsIn(places.bucket, 'archives')] },
    ...uploads(places),
  ],
  'archives:delete-unrecorded': (places) => [
    { actions: ['s3:DeleteObjectVersion'], resources: [objectsIn(places.bucket, 'archives')] },
    ...uploads(places),
  ],
  'archives:abort': uploads,
  'archives:tag': tag('archives'),
  'archives:lock': lock('archives'),
  'manifests:lock': lock('manifests'),
  'manifests:tag': tag('manifests'),
  'inspections:tag': tag('inspections'),
  'inspections:read': read('inspections'),
  'inspections:write': write('inspections'),
  'inspections:delete': remove('inspections'),
  'manifests:read': readSigned('manifests'),
  'manifests:write': write('manifests'),
  'manifests:delete': remove('manifests'),
  'marks:read': readSigned('marks'),
  'marks:write': write('marks'),
  'keeps:read': readSigned('keeps'),
  'keeps:write': write('keeps'),
  'accepts:read': readSigned('accepts'),
  'accepts:write': write('accepts'),
  'claims:read': read('claims'),
  'claims:write': write('claims'),
  'restores:read': readSigned('restores'),
  'restores:write': write('restores'),
  'approval-requests:read': readSigned('approval-requests'),
  'approval-requests:write': write('approval-requests'),
  'approvals:read': readSigned('approvals'),
  'approvals:write': write('approvals'),
  'approval-uses:read': read('approval-uses'),
  'approval-uses:write': write('approval-uses'),
  'indexes:read': readSigned('indexes'),
  'indexes:write': write('indexes'),
  'reconciliations:read': readSigned('reconciliations'),
  'reconciliations:write': write('reconciliations'),
  'reports:read': readSigned('reports'),
  'reports:write': write('reports'),
  'reports:lock': lock('reports'),
  // The public half is put beside the archives by whoever signs first.
  'records:sign': (places) => [
    { actions: ['kms:GetPublicKey', 'kms:Sign'], resources: [places.signingKey] },
    ...write('keys')(places),
  ],
  'bucket:inspect': ({ bucket }) => [{ actions: SETTINGS, resources: [bucket] }],
  'key:describe': ({ key }) => [{ actions: ['kms:DescribeKey'], resources: [key] }],
  'functions:describe': ({ functions }) => [{ actions: ['lambda:GetFunctionConfiguration'], resources: functions }],
  'executions:describe': ({ executions }) => [{ actions: ['states:DescribeExecution'], resources: executions }],
  'targets:read-secrets': ({ targets, targetKeys, region }) => readSecrets(targets, targetKeys, region),
  'topic:publish': ({ topic, failuresTopic, key, region }) => [
    { actions: ['sns:Publish'], resources: failuresTopic === undefined ? [topic] : [topic, failuresTopic] },
    { actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [key], conditions: via('sns', region) },
  ],
};

/** aws: Lambda, execution role permissions of functions in a VPC. */
export const NETWORK_INTERFACES = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

/** A policy that names no resource is none. */
function readSecrets(secrets: readonly string[], keys: readonly string[], region: string): Grant[] {
  const decrypt = { actions: ['kms:Decrypt'], resources: keys, conditions: via('secretsmanager', region) };
  if (secrets.length === 0) return [];
  const read = { actions: ['secretsmanager:GetSecretValue'], resources: secrets };
  return keys.length > 0 ? [read, decrypt] : [read];
}

/** A key is used by a service for us, never by us. */
export function via(service: string, region: string) {
  return { StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` } };
}

export const objectsIn = (bucket: string, folder: Folder) => `${bucket}/${prefixOf(folder)}*`;

const SETTINGS = [
  's3:GetBucketObjectLockConfiguration',
  's3:GetBucketPolicy',
  's3:GetBucketPublicAccessBlock',
  's3:GetBucketVersioning',
  's3:GetEncryptionConfiguration',
  's3:GetLifecycleConfiguration',
  's3:GetReplicationConfiguration',
];
const READS = ['s3:GetObject', 's3:GetObjectTagging', 's3:GetObjectVersion', 's3:GetObjectVersionTagging'];
const TAGS = ['s3:GetObjectLegalHold', 's3:PutObjectLegalHold', 's3:PutObjectTagging', 's3:PutObjectVersionTagging'];

/**
 * Objects of a folder, every version, and their tags. The list is of the whole bucket, keys only: without it S3 answers 403 instead of
 * 404 for what is not there, and with a condition on the prefix too (aws: GetObject, permissions).
 */
function read(folder: Folder): Grants {
  return ({ bucket, key, region }) => [
    { actions: [...READS], resources: [objectsIn(bucket, folder)] },
    { actions: ['s3:ListBucket', 's3:ListBucketVersions'], resources: [bucket] },
    { actions: ['kms:Decrypt'], resources: [key], conditions: via('s3', region) },
  ];
}

/** A signature is verified with a public key that lies beside the archives. */
function readSigned(folder: Folder): Grants {
  return (places) => [
    ...read(folder)(places),
    { actions: ['s3:GetObject'], resources: [objectsIn(places.bucket, 'keys')] },
  ];
}

/** Decrypt as well: S3 needs it to join the parts of an upload (aws: multipart upload with KMS). */
function write(folder: Folder): Grants {
  return ({ bucket, key, region }) => [
    { actions: ['s3:PutObject'], resources: [objectsIn(bucket, folder)] },
    { actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: [key], conditions: via('s3', region) },
  ];
}

/** Legal holds as well: those of archives that somebody keeps, where there is Object Lock. */
function tag(folder: Folder): Grants {
  return ({ bucket }) => [{ actions: [...TAGS], resources: [objectsIn(bucket, folder)] }];
}

/** Sets a lock and makes it longer. To end one before its time is another right, which nobody has. */
function lock(folder: Folder): Grants {
  return ({ bucket }) => [{ actions: ['s3:PutObjectRetention'], resources: [objectsIn(bucket, folder)] }];
}

/** Hides the newest version behind a delete marker; no version goes. */
function remove(folder: Folder): Grants {
  return ({ bucket }) => [{ actions: ['s3:DeleteObject'], resources: [objectsIn(bucket, folder)] }];
}

/** Ending open uploads, and finding them first. */
function uploads({ bucket }: Places): Grant[] {
  return [
    { actions: ['s3:AbortMultipartUpload'], resources: [objectsIn(bucket, 'archives')] },
    { actions: ['s3:ListBucketMultipartUploads'], resources: [bucket] },
  ];
}

/** All grants of some touches: each statement once, statements about the same resources as one. */
export function grantsOf(touches: readonly Touch[], places: Places): Grant[] {
  const merged = new Map<string, Grant>();
  for (const grant of touches.flatMap((touch) => GRANTS[touch](places))) {
    const about = JSON.stringify([grant.resources, grant.conditions]);
    const actions = new Set([...(merged.get(about)?.actions ?? []), ...grant.actions]);
    merged.set(about, { ...grant, actions: [...actions].sort() });
  }
  return [...merged.values()];
}
