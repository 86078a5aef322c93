import type { S3Client } from '@aws-sdk/client-s3';
import { InvalidSecret } from '../base/errors.ts';
import type { Clock, Functions, Keys, Log, Notifier, Progress } from '../base/ports.ts';
import { Redactor } from '../base/redact.ts';
import { localDefaults, type Settings } from '../base/settings.ts';
import { systemClock } from '../base/system-clock.ts';
import { defaultRules, type ManagerRules } from '../config/manager-rules.ts';
import { maySend } from '../config/restore-authority.ts';
import type { Deps, Installed } from '../deps.ts';
import { Managers } from '../manager/managers.ts';
import { LOGIN_FROM, type ManagerSecretFields, type SecretSource } from '../manager/secret.ts';
import { direct, type Network } from '../network/network.ts';
import { ArchiveBucket } from '../storage/archive-bucket.ts';
import type { Near } from '../storage/near.ts';
import type { Sealing } from '../storage/seal.ts';
import { type Rates, ratesOf } from '../transfer/bandwidth.ts';
import { PartBuffers } from '../transfer/part-buffers.ts';
import { UploadLimiter } from '../transfer/upload-limiter.ts';
import { localExecutions } from './executions.ts';
import { LocalThreads, type ThreadRules } from './span-threads.ts';

export interface LocalParts {
  /** The manager's secret, as its JSON would stand in Secrets Manager. Absent where no manager is asked anything. */
  readonly secret?: ManagerSecretFields;
  /** Of other names, and `<name>@previous`: what a restore may try once the manager has the archive's credentials. */
  readonly otherSecrets?: Readonly<Record<string, ManagerSecretFields>>;
  readonly s3: S3Client;
  readonly bucket: string;
  readonly sealing?: Sealing;
  /** False for a folder: its versions are files that can be changed. */
  readonly pinsVersions?: boolean;
  /** Of a folder that this process serves. */
  readonly near?: Near | undefined;
  readonly signal: AbortSignal;
  /** Other terms of the threads that verify; default: there are none. */
  readonly threads?: Partial<ThreadRules>;
  readonly settings?: Partial<Settings>;
  readonly rulesOf?: (manager: string) => ManagerRules;
  /** For a report; default: nothing is configured. */
  readonly installation?: Installed;
  /** Managers that the configuration names; default: none. */
  readonly configured?: readonly string[];
  readonly clock?: Clock;
  readonly log?: Log;
  readonly keys?: Keys;
  readonly functions?: Functions;
  readonly notifier?: Notifier;
  readonly progress?: Progress;
  readonly redactor?: Redactor;
  /** How much may be sent to storage, and read from it, in a second; default: as much as can be. */
  readonly rates?: Rates;
  /** Memory for parts on their way, if several runs share it. */
  readonly buffers?: PartBuffers;
  /** Proxies on the way to managers; default: none. */
  readonly network?: Network;
}

/** Memory for parts on their way, for runs that go on in this process at the same time. */
export const sharedBuffers = (): PartBuffers => new PartBuffers(localDefaults.bufferBytes);

export const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** What steps use, on one machine. `close` ends the connections. */
export function localDeps(parts: LocalParts): Deps & { close(): Promise<void> } {
  const settings = { ...localDefaults, ...parts.settings };
  const clock = parts.clock ?? systemClock;
  const redactor = parts.redactor ?? new Redactor();
  const { signal, network = direct, rates = ratesOf(clock) } = parts;
  const secrets = sourceOf(parts);
  const rulesOf = parts.rulesOf ?? (() => defaultRules);
  const managers = new Managers(secrets, {
    settings,
    redactor,
    signal,
    network,
    now: () => clock.now(),
    maySend: (manager, secret) => maySend(rulesOf(manager), secret),
  });
  const { log = silent } = parts;
  return {
    managers,
    ...storeOf(parts, { clock, log, rates }),
    executions: localExecutions,
    ...{ keys: parts.keys, functions: parts.functions },
    notifier: parts.notifier ?? { publish: async () => undefined },
    clock,
    log,
    metrics: { put: () => undefined },
    progress: parts.progress ?? { bytes: () => undefined },
    redactor,
    buffers: parts.buffers ?? new PartBuffers(settings.bufferBytes),
    uploadLimiter: new UploadLimiter(clock),
    bandwidth: rates.sent,
    settings,
    network,
    rulesOf,
    installation: async () =>
      parts.installation ?? {
        ...{ config: undefined, name: null, place: parts.bucket, isDeployed: null },
        isFolder: parts.pinsVersions === false,
      },
    configured: parts.configured ?? [],
    signal,
    close: () => managers.close(),
  };
}

/** The archives, and the threads that read them. */
function storeOf(parts: LocalParts, { clock, log, rates }: { clock: Clock; log: Log; rates: Rates }) {
  const { s3, near, pinsVersions, threads } = parts;
  const reading = { pinsVersions, near, pace: rates.read };
  const archive = new ArchiveBucket(s3, parts.bucket, parts.signal, parts.sealing, reading);
  const ofThreads = { s3, archive, near, clock, log, isSlow: rates.read.isLimited };
  return { archive, threads: threads && new LocalThreads(ofThreads, threads) };
}

const sourceOf = (parts: LocalParts): SecretSource => ({
  read: async (name, version) => JSON.stringify(secretOf(parts, name, version)),
  from: (name) => secretOf(parts, name)[LOGIN_FROM],
});

/** The manager's own secret answers to every name that has none of its own: a local run has one manager. */
function secretOf({ secret, otherSecrets = {} }: LocalParts, name: string, version = 'current') {
  const key = version === 'current' ? name : `${name}@${version}`;
  const found = otherSecrets[key] ?? (version === 'current' ? secret : undefined);
  if (found === undefined) throw new InvalidSecret(`There is no ${version} version of the secret of ${name}.`);
  return found;
}
