import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { InvalidConfiguration } from '../../base/errors.ts';
import { Fingerprint } from '../../base/schemas.ts';
import { keyFileSigner, readKeyFile } from '../../signing/key-file.ts';
import { knownIndexesOf } from '../../signing/known-indexes.ts';
import { knownKeysOf } from '../../signing/known-keys.ts';
import { parsePublicKey } from '../../signing/public-key.ts';
import { sealing } from '../../signing/seal.ts';
import type { Signer } from '../../signing/signer.ts';
import { type Trust, trustNoOther } from '../../signing/trust.ts';
import type { Sealing } from '../../storage/seal.ts';
import { type Terminal, UsageError } from '../usage.ts';
import { openConfig, readConfig } from './config-file.ts';
import { fileRules, requireOwnFile } from './file-access.ts';

/** What options say of signatures. */
export interface SigningOptions {
  readonly signingKey?: string | undefined;
  readonly trustKey?: readonly string[] | undefined;
  readonly signedSince?: Date | undefined;
  /** A file, whose `signatures` count as well. */
  readonly config?: string | undefined;
  readonly strictFiles?: boolean | undefined;
}

interface Where {
  /** A folder or a bucket, by which the keys beside it are remembered. */
  readonly place: string;
  readonly writes: boolean;
  readonly installation?: string;
}

/**
 * Signs with this machine's key and believes it; beside it the keys that were named, and those beside the archives as
 * they were when this machine first read them. Who writes must have a key, which is made now, before anything is begun.
 * Throws `UsageError`, `InvalidConfiguration`.
 */
export async function sealingOf(
  { signingKey, trustKey = [], signedSince, config, strictFiles }: SigningOptions,
  { place, writes, installation }: Where,
  terminal: Pick<Terminal, 'signing' | 'clock' | 'err'>,
): Promise<Sealing> {
  const {
    signing: { stateFolder, keyFile },
    clock,
  } = terminal;
  const named = signingKey ?? (installation === undefined ? await configuredKey(config) : undefined);
  const file = named ?? keyFile ?? join(stateFolder, 'signing-key.pem');
  if (existsSync(file)) await requireOwnFile('The signing key', file, true, fileRules({ strictFiles }, terminal));
  const signer: Signer = keyFileSigner(file);
  const own = writes ? await signer.publicKey() : await (await ownKey(file, named !== undefined))?.publicKey();
  const { trustedKeys = [], requiredSince } = (await readConfig(config, installation))?.signatures ?? {};
  const trusted = await Promise.all([...trustKey, ...trustedKeys].map(namedKey));
  const trust: Trust = {
    keys: [...(own ? [own] : []), ...trusted.flatMap((one) => (typeof one === 'string' ? [] : [one]))],
    fingerprints: trusted.filter((one) => typeof one === 'string'),
    admitsBeside: trustedKeys.length > 0 ? trustNoOther : knownKeysOf(join(stateFolder, 'known-keys.json'), place),
  };
  const since = signedSince ?? (requiredSince === undefined ? undefined : new Date(requiredSince));
  const sequences = knownIndexesOf(stateFolder, place);
  return sealing({
    signer: writes ? signer : undefined,
    trust,
    requiredSince: since,
    now: () => clock.now(),
    sequences,
  });
}

/** The key of runs on this machine. */
async function configuredKey(configFile: string | undefined): Promise<string | undefined> {
  if (configFile === undefined) return undefined;
  const { config, file } = await openConfig(configFile);
  const key = config.local?.signingKeyFile;
  return key === undefined ? undefined : resolve(dirname(file), key);
}

/** Who only reads needs no key. One that cannot be read is no reason to read nothing, unless it was named. */
async function ownKey(file: string, isNamed: boolean) {
  try {
    return await readKeyFile(file);
  } catch (error) {
    if (!isNamed && error instanceof InvalidConfiguration) return undefined;
    throw error;
  }
}

async function namedKey(word: string) {
  if (Fingerprint.safeParse(word).success) return word;
  let text: string;
  try {
    text = await readFile(word, 'utf8');
  } catch {
    throw new UsageError(
      `--trust-key ${word}: is no fingerprint (64 digits from 0 to 9 and a to f), and no file that can be read.`,
    );
  }
  return parsePublicKey(pemIn(text), `--trust-key ${word}`);
}

/** A PEM, or a file of the folder keys/ with one in it. */
function pemIn(text: string): string {
  try {
    const { publicKeyPem } = JSON.parse(text) as { publicKeyPem?: unknown };
    return typeof publicKeyPem === 'string' ? publicKeyPem : text;
  } catch {
    return text;
  }
}
