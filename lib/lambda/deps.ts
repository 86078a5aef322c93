import { Logger } from '@aws-lambda-powertools/logger';
import { KMSClient } from '@aws-sdk/client-kms';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DescribeExecutionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { InvalidConfiguration, InvalidSecret, ManagerUnavailable } from '../base/errors.ts';
import { groupedName } from '../base/group-names.ts';
import { isPassing } from '../base/passing-errors.ts';
import type { Executions } from '../base/ports.ts';
import { Redactor } from '../base/redact.ts';
import type { Settings } from '../base/settings.ts';
import { systemClock } from '../base/system-clock.ts';
import { configuredRules, type FunctionConfig } from '../config/function-config.ts';
import { defaultRules } from '../config/manager-rules.ts';
import { maySend } from '../config/restore-authority.ts';
import type { Deps, Installed } from '../deps.ts';
import { Managers } from '../manager/managers.ts';
import { direct, type Network } from '../network/network.ts';
import { loginRefused } from '../network/proxies.ts';
import { sealing } from '../signing/seal.ts';
import { trustBeside, trustNoOther } from '../signing/trust.ts';
import { ArchiveBucket } from '../storage/archive-bucket.ts';
import { s3Client } from '../storage/s3-client.ts';
import type { Sealing } from '../storage/seal.ts';
import { Bandwidth } from '../transfer/bandwidth.ts';
import { PartBuffers } from '../transfer/part-buffers.ts';
import { UploadLimiter } from '../transfer/upload-limiter.ts';
import { type AwsFailure, type Patience, patienceOf } from './aws-client.ts';
import { functionStates } from './function-states.ts';
import { kmsKeys } from './kms-keys.ts';
import { kmsSigner } from './kms-signer.ts';
import { metrics } from './metrics.ts';
import { awsNotifier } from './notifier.ts';

/** What an installation is told, already checked (lib/lambda/runtime.ts). */
export interface LambdaEnvironment {
  readonly bucket: string;
  /** Of the secrets whose names `config` does not give. */
  readonly secretPrefix: string;
  /** Undefined: every manager has the defaults. */
  readonly config: FunctionConfig | undefined;
  readonly signingKey?: string | undefined;
  readonly archiveKey?: string | undefined;
  readonly topicArn: string | undefined;
  readonly failuresTopicArn?: string | undefined;
  readonly settings: Settings;
  /** Proxies and CAs that the function's environment names; default: none. */
  readonly network?: Network;
}

/** What steps use in AWS. */
export function awsDeps({ bucket, secretPrefix, config, topicArn, settings, ...given }: LambdaEnvironment): Deps {
  const { network = direct } = given;
  const patience = patienceOf(network);
  const redactor = new Redactor();
  const signal = new AbortController().signal;
  const rulesOf = (manager: string) => (config ? configuredRules(config, manager) : defaultRules);
  const maySendTo = (manager: string, secret: string) => maySend(rulesOf(manager), secret);
  const secrets = secretsManager(
    (manager) => ({
      id: config?.secrets[manager] ?? `${secretPrefix}${manager}`,
      group: config && groupedName(config.name, config.groups[manager]),
    }),
    patience,
    network,
  );
  const parts = { redactor, clock: systemClock, log: logger(redactor), metrics: metrics(config?.name ?? 'offsite') };
  const topics = { all: topicArn, failures: given.failuresTopicArn };
  const { targets = [], allowedHosts } = config?.notifications ?? {};
  return {
    managers: new Managers(secrets, {
      settings,
      redactor,
      signal,
      network,
      now: () => systemClock.now(),
      maySend: maySendTo,
    }),
    archive: new ArchiveBucket(s3Client({ network }), bucket, signal, sealingOf(config, given.signingKey, patience)),
    executions: stepFunctions(patience),
    keys: given.archiveKey === undefined ? undefined : kmsKeys(given.archiveKey, new KMSClient(patience)),
    functions: config && functionStates((manager) => groupedName(config.name, config.groups[manager]), patience),
    notifier: awsNotifier(topics, { targets, allowedHosts }, { ...parts, patience, network }),
    ...parts,
    progress: { bytes: () => undefined },
    buffers: new PartBuffers(settings.bufferBytes),
    uploadLimiter: new UploadLimiter(systemClock),
    bandwidth: new Bandwidth(systemClock),
    ...{ settings, network, rulesOf, threads: undefined },
    installation: async () => await installedAs(config, bucket),
    configured: Object.keys(config?.managers ?? {}),
    signal,
  };
}

/**
 * Without keys in the configuration those beside the archives are trusted: the policy of the bucket lets nobody put one
 * there but the functions that sign.
 */
function sealingOf(config: FunctionConfig | undefined, signingKey: string | undefined, patience: Patience): Sealing {
  const { requiredSince, trustedKeys = [] } = config?.signatures ?? {};
  const admitsBeside = trustedKeys.length > 0 ? trustNoOther : trustBeside;
  return sealing({
    signer: signingKey === undefined ? undefined : kmsSigner(signingKey, new KMSClient(patience)),
    trust: { keys: [], fingerprints: trustedKeys, admitsBeside },
    requiredSince: requiredSince === undefined ? undefined : new Date(requiredSince),
    now: () => systemClock.now(),
  });
}

/** What was deployed, of which functions but the one that makes reports need no more than rules. */
async function installedAs(config: FunctionConfig | undefined, bucket: string): Promise<Installed> {
  const { parseConfig } = await import('../config/offsite-config.ts');
  const whole = config?.installation === undefined ? undefined : parseConfig(config.installation);
  const isDeployed = whole === undefined ? null : true;
  return { config: whole, name: config?.name ?? null, place: `s3://${bucket}`, isFolder: false, isDeployed };
}

interface Place {
  readonly id: string;
  /** What the names of the functions begin with that may read it; undefined: nobody has said. */
  readonly group: string | undefined;
}

function secretsManager(placeOf: (manager: string) => Place, patience: Patience, { proxies }: Network) {
  const client = new SecretsManagerClient(patience);
  return {
    async read(manager: string, version: 'current' | 'previous' = 'current'): Promise<string> {
      const place = placeOf(manager);
      const SecretId = place.id;
      let isBinary = false;
      const VersionStage = version === 'current' ? 'AWSCURRENT' : 'AWSPREVIOUS';
      try {
        const { SecretString, SecretBinary } = await client.send(new GetSecretValueCommand({ SecretId, VersionStage }));
        if (SecretString) return SecretString;
        isBinary = SecretBinary !== undefined;
      } catch (error) {
        const proxy = proxies.https ?? proxies.http;
        if (proxy && (error as AwsFailure).$metadata?.httpStatusCode === 407)
          throw new InvalidConfiguration(loginRefused(proxy));
        throw secretError(error, place, manager);
      }
      throw new InvalidSecret(
        `The secret ${SecretId} of manager ${manager} ${isBinary ? 'holds bytes and no text' : 'is empty'}. docs/reference/secret.md shows its fields.`,
      );
    },
  };
}

/** What Secrets Manager refused, for who is paged. */
function secretError(
  error: unknown,
  { id: SecretId, group }: Place,
  manager: string,
): ManagerUnavailable | InvalidSecret {
  const { name = 'Error', message = '', $metadata } = error as AwsFailure;
  const status = $metadata?.httpStatusCode;
  if (status === undefined) {
    return new ManagerUnavailable(
      `Secrets Manager cannot be reached for the secret of manager ${manager} (${name}). In a VPC functions need an endpoint for it: docs/how-to/aws-network.md.`,
    );
  }
  if (isPassing(name, status)) {
    return new ManagerUnavailable(`Secrets Manager does not give the secret of manager ${manager} just now (${name}).`);
  }
  // AWS names the key only in the text: AccessDeniedException, "Access to KMS is not allowed".
  if (name === 'DecryptionFailure' || /\bKMS\b/.test(message)) {
    return new InvalidSecret(
      `The secret ${SecretId} of manager ${manager} cannot be decrypted (${name}). This function needs kms:Decrypt on the key that the secret is encrypted with: docs/reference/permissions.md lists the rights of each function.`,
    );
  }
  const whose =
    group === undefined ? '' : ` Only functions of ${group} may: start the state machines whose names begin so.`;
  return new InvalidSecret(
    `The secret ${SecretId} of manager ${manager} cannot be read (${name}). Does it exist, has it been filled (docs/reference/secret.md), and may this function read it?${whose}`,
  );
}

const ENDED: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']);

function stepFunctions(patience: Patience): Executions {
  const client = new SFNClient(patience);
  return {
    async isRunning(executionArn) {
      try {
        const { status } = await client.send(new DescribeExecutionCommand({ executionArn }));
        if (status === 'RUNNING' || status === 'PENDING_REDRIVE') return 'running';
        // A reply without a status, or with one that came later than this version, is no proof that it has ended.
        return ENDED.has(status ?? '') ? 'ended' : 'unknown';
      } catch {
        // Not found (90 days are over), not allowed, or no ARN at all: the age of the claim decides.
        return 'unknown';
      }
    },
  };
}

function logger(redactor: Redactor): Deps['log'] {
  const powertools = new Logger({ serviceName: 'cloudify-offsite' });
  const clean = (facts: Record<string, unknown> = {}) => redactor.cleanJson(facts);
  return {
    info: (message, facts) => powertools.info(redactor.clean(message), clean(facts)),
    warn: (message, facts) => powertools.warn(redactor.clean(message), clean(facts)),
    error: (message, facts) => powertools.error(redactor.clean(message), clean(facts)),
  };
}
