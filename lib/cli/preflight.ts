import * as z from 'zod';
import { minutes } from '../base/durations.ts';
import {
  CredentialsRejected,
  InvalidConfiguration,
  ManagerUnavailable,
  OffsiteError,
  StorageUnavailable,
} from '../base/errors.ts';
import type { Clock, Log } from '../base/ports.ts';
import type { Redactor } from '../base/redact.ts';
import { defaults } from '../base/settings.ts';
import type { ManagerRules } from '../config/manager-rules.ts';
import { silent } from '../local/deps.ts';
import { clearTextWarnings } from '../manager/clear-text.ts';
import { NobodyThere } from '../manager/connection-errors.ts';
import type { findNode } from '../manager/healthy-node.ts';
import { Managers } from '../manager/managers.ts';
import { restoreFlags } from '../manager/restoring.ts';
import { LOGIN_FROM, type ManagerSecretFields } from '../manager/secret.ts';
import { ArchiveBucket } from '../storage/archive-bucket.ts';
import { hasObjectLock } from '../storage/bucket-settings.ts';
import type { StoreCapabilities } from '../storage/capabilities.ts';
import { trialKeysOf, trialsOf } from '../storage/layout.ts';
import { probeStore, withoutAdvice } from '../storage/probe.ts';
import { NoStoreThere } from '../storage/s3-errors.ts';
import { S3Requests } from '../storage/s3-requests.ts';
import { nameOfTrial, orRefusal, sweepTrials } from '../storage/trials.ts';
import { networkOf } from './inputs/network.ts';
import type { Storage } from './inputs/storage.ts';
import type { Terminal } from './usage.ts';

/** Seconds between looks at what fails in a way that may pass: a reset, a reply cut short, a rate limit, a restart. */
const WAITS: readonly number[] = [1, 2, 4, 8];
/** No look begins later than this after the first: one that stalls takes 78 s by itself, and a person waits. */
const PATIENCE_MS = minutes(1);

/**
 * Before anything is started: does the manager answer and accept us? The machine itself would try for half an hour, which
 * is right at night and wrong for a person who mistyped a host. `find` says what the manager is needed for.
 */
export async function checkManager(
  manager: string,
  secret: ManagerSecretFields,
  redactor: Redactor,
  { clock, interrupt: signal, err, env = {} }: Terminal,
  find: typeof findNode,
): Promise<void> {
  const source = { read: async () => JSON.stringify(secret), from: () => secret[LOGIN_FROM] };
  const network = await networkOf({ env });
  const managers = new Managers(source, { settings: defaults, redactor, signal, network, now: () => clock.now() });
  const deps = { managers, clock, signal, log: silent };
  try {
    const mayPass = async (error: unknown) =>
      (error instanceof ManagerUnavailable && !(error instanceof NobodyThere)) ||
      (error instanceof CredentialsRejected && (await isRestoring(manager, managers)));
    await patiently(() => find(manager, deps), mayPass, { clock, signal });
  } finally {
    await managers.close();
  }
  for (const warning of clearTextWarnings(manager, secret.endpoints)) err.write(`Warning: ${warning}\n`);
}

/** A legacy restore voids passwords until it ends, also one whose command was killed. Not known: 401 is taken as it is. */
async function isRestoring(manager: string, managers: Managers): Promise<boolean> {
  const flags = await restoreFlags({ nodes: await managers.nodes(manager) });
  return flags.some(({ flag }) => flag === 'running');
}

async function patiently<T>(
  look: () => Promise<T>,
  mayPass: (error: unknown) => boolean | Promise<boolean>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<T> {
  const until = clock.now().getTime() + PATIENCE_MS;
  for (const seconds of WAITS) {
    try {
      return await look();
    } catch (error) {
      if (clock.now().getTime() >= until || !(await mayPass(error))) throw error;
      await clock.sleep(seconds * 1000, signal);
    }
  }
  return await look();
}

/**
 * The same for the bucket: is it there, may we, and does it keep its word that a thing is written once? Stores that are
 * nearly compatible with S3 take a condition and ignore it; then two runs could both own a night, or a manager. Gives what
 * a store that is neither AWS nor a folder can do; it is found out now, and not when a whole archive was copied.
 */
export async function checkStorage(
  { s3, bucket, isForeign }: Storage,
  manager: string,
  use: 'export' | 'restore',
  { interrupt: signal, clock }: Pick<Terminal, 'interrupt' | 'clock'>,
): Promise<StoreCapabilities | undefined> {
  const keys = trialKeysOf(manager, nameOfTrial());
  const look = async () => {
    if (isForeign) await sweepTrials(new ArchiveBucket(s3, bucket, signal), trialsOf(manager), clock.now());
    if (isForeign) return await probeStore(s3, bucket, { keys, use, now: clock.now(), signal });
    await readNothing(new ArchiveBucket(s3, bucket, signal), manager);
    return undefined;
  };
  return await patiently(look, mayPassOfStore, { clock, signal });
}

/**
 * Where verified archives are to be locked: a bucket without Object Lock refuses that after the whole copy, each night
 * again. What we may not see, or what a store answers otherwise, is no reason: the lock itself is tried then.
 */
export async function checkLock(
  { s3, bucket }: Storage,
  { lock }: ManagerRules,
  { interrupt: signal, clock }: Pick<Terminal, 'interrupt' | 'clock'>,
): Promise<void> {
  if (!lock) return;
  const look = () => orRefusal(() => hasObjectLock(new S3Requests(s3, bucket, signal)));
  const found = await patiently(look, mayPassOfStore, { clock, signal });
  const words = found instanceof InvalidConfiguration ? ` (${withoutAdvice(found)})` : '';
  if (found === true || (found instanceof OffsiteError && words === '')) return;
  throw new InvalidConfiguration(
    `Bucket ${bucket} has no Object Lock, and the configuration locks verified archives${words}. Use a bucket with Object Lock, or set "storage": { "objectLock": false } in the configuration.`,
  );
}

/** For a run that reads what is stored: the storage, if it is there and lets us read; else it is closed. */
export async function answering(
  storage: Storage,
  { interrupt: signal, clock }: Pick<Terminal, 'interrupt' | 'clock'>,
): Promise<Storage> {
  const look = () => readNothing(new ArchiveBucket(storage.s3, storage.bucket, signal), 'none');
  try {
    await patiently(look, mayPassOfStore, { clock, signal });
    return storage;
  } catch (error) {
    await storage.close();
    throw error;
  }
}

const mayPassOfStore = (error: unknown) => error instanceof StorageUnavailable && !(error instanceof NoStoreThere);

/** Nobody writes it, so any bucket that lets us read says that there is none. */
const readNothing = async (bucket: ArchiveBucket, manager: string) =>
  void (await bucket.records.read(trialKeysOf(manager, nameOfTrial()).record, z.unknown()));

/** What steps log, for `--verbose`. */
export function logTo({ err }: Terminal, redactor: Redactor): Log {
  const write = (message: string) => void err.write(`  ${redactor.clean(message)}\n`);
  return { info: write, warn: write, error: write };
}
