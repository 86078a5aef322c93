import { readFile } from 'node:fs/promises';
import { InvalidConfiguration } from '../../base/errors.ts';
import type { Network } from '../../network/network.ts';
import { proxiesFrom } from '../../network/proxies.ts';
import { type Terminal, UsageError } from '../usage.ts';

/** What options say of the way to a store. */
export interface NetworkOptions {
  readonly s3CaFile?: string | undefined;
}

/**
 * Proxies of the environment, and the CAs of stores and AWS: those of `--s3-ca-file`, else of AWS_CA_BUNDLE, else what Node
 * trusts. Throws `UsageError`, `InvalidConfiguration`.
 */
export async function networkOf(
  { env: variables = {} }: Pick<Terminal, 'env'>,
  { s3CaFile }: NetworkOptions = {},
): Promise<Network> {
  const proxies = proxiesFrom(variables);
  if (s3CaFile !== undefined) {
    return { proxies, storeCa: await caIn(s3CaFile, (why) => new UsageError(`--s3-ca-file ${s3CaFile}: ${why}.`)) };
  }
  const bundle = variables['AWS_CA_BUNDLE'];
  if (!bundle) return { proxies };
  const wrong = (why: string) => new InvalidConfiguration(`AWS_CA_BUNDLE ${bundle}: ${why}. Correct it, or unset it.`);
  return { proxies, storeCa: await caIn(bundle, wrong) };
}

async function caIn(file: string, wrong: (why: string) => Error): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw wrong(`the file cannot be read (${error.code})`);
  });
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw wrong('must be a file with PEM certificates');
}
