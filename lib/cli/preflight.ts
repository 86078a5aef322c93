import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { InvalidConfiguration, StorageRefused } from '../base/errors.ts';
import type { Clock, Log } from '../base/ports.ts';
import type { Redactor } from '../base/redact.ts';
import { defaults } from '../base/settings.ts';
import { silent } from '../local/deps.ts';
import { clearTextWarnings } from '../manager/clear-text.ts';
import type { findNode } from '../manager/healthy-node.ts';
import { Managers } from '../manager/managers.ts';
import { RateLimited } from '../manager/replies.ts';
import type { ManagerSecretFields } from '../manager/secret.ts';
import { ArchiveBucket } from '../storage/archive-bucket.ts';
import { trialKeyOf } from '../storage/layout.ts';
import { requireChecksums } from '../storage/require-checksums.ts';
import type { Storage } from './inputs/storage.ts';
import type { Terminal } from './usage.ts';

/** Seconds between looks at a manager that is at its rate limit: others at our address may have used it up for a moment. */
const RATE_LIMIT_WAITS: readonly number[] = [1, 2, 4, 8];

/**
 * Before anything is started: does the manager answer and accept us? The machine itself would try for half an hour, which
 * is right at night and wrong for a person who mistyped a host. `find` says what the manager is needed for.
 */
export async function checkManager(
  manager: string,
  secret: ManagerSecretFields,
  redactor: Redactor,
  { clock, interrupt: signal, err }: Terminal,
  find: typeof findNode,
): Promise<void> {
  const source = { read: async () => JSON.stringify(secret) };
  const managers = new Managers(source, { settings: defaults, redactor, signal, now: () => clock.now() });
  const deps = { managers, clock, signal, log: silent };
  try {
    await findPatiently(() => find(manager, deps), clock, signal);
  } finally {
    await managers.close();
  }
  for (const warning of clearTextWarnings(manager, secret.endpoints)) err.write(`Warning: ${warning}\n`);
}

async function findPatiently(find: () => Promise<unknown>, clock: Clock, signal: AbortSignal): Promise<void> {
  for (const seconds of RATE_LIMIT_WAITS) {
    try {
      return void (await find());
    } catch (error) {
      if (!(error instanceof RateLimited)) throw error;
      await clock.sleep(seconds * 1000, signal);
    }
  }
  await find();
}

/**
 * The same for the bucket: is it there, may we, and does it keep its word that a thing is written once? Stores that are
 * nearly compatible with S3 take the condition and ignore it; then two runs could both own a night, or a manager. Others
 * take the checksums of parts and forget them: found here, and not when a whole archive was copied.
 */
export async function checkStorage(
  { s3, bucket, isForeign }: Storage,
  manager: string,
  signal: AbortSignal,
): Promise<void> {
  const archive = new ArchiveBucket(s3, bucket, signal);
  const { records } = archive;
  const key = trialKeyOf(manager, randomUUID());
  // Nobody writes it but the next lines, so any bucket that lets us read says that there is none.
  await records.read(key, z.unknown());
  if (!isForeign) return;
  await records.write(key, {}, 'any');
  const overwritten = await records.write(key, {}, 'absent');
  await removeTrial(key, archive);
  if (overwritten) {
    throw new InvalidConfiguration(
      `Bucket ${bucket} ignores conditional writes (If-None-Match), on which "never overwritten" rests. Use a store that knows them.`,
    );
  }
  await requireChecksums(archive, key);
  await removeTrial(key, archive);
}

/** Version by version: a plain delete leaves the version and a marker over it, which nobody finds again. */
async function removeTrial(key: string, archive: ArchiveBucket): Promise<void> {
  try {
    const versions = (await archive.versions(key)).filter((one) => one.key === key);
    if (versions.length === 0 || versions.some(({ versionId }) => versionId === 'null'))
      await archive.records.remove(key);
    else for (const { versionId } of versions) await archive.removeUnrecorded(key, versionId);
  } catch (error) {
    if (!(error instanceof StorageRefused)) throw error;
    await archive.records.remove(key);
  }
}

/** What steps log, for `--verbose`. */
export function logTo({ err }: Terminal, redactor: Redactor): Log {
  const write = (message: string) => void err.write(`  ${redactor.clean(message)}\n`);
  return { info: write, warn: write, error: write };
}
