import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InvalidConfiguration } from '../base/errors.ts';
import { makeFolders } from '../base/folders.ts';
import { sweepAside } from '../base/leftovers.ts';
import { pemSigner, type Signer } from './signer.ts';

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? 'unknown';

/** The private key in a file, or undefined when there is no such file. Throws `InvalidConfiguration`. */
export async function readKeyFile(file: string): Promise<ReturnType<typeof pemSigner> | undefined> {
  let pem: string;
  try {
    pem = await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new InvalidConfiguration(`The signing key ${file} cannot be read (${codeOf(error)}). ${OTHER}`);
  }
  return pemSigner(pem, `The signing key ${file}`);
}

const OTHER = 'Name another file: --signing-key FILE or the variable OFFSITE_SIGNING_KEY.';

/**
 * Signs with the key in a file, which is made when it is first asked for: mode 0600, whole or not at all, and one key also
 * when two processes make it at the same moment. Throws `InvalidConfiguration` where it cannot be made.
 */
export function keyFileSigner(file: string): Signer {
  let key: Promise<Signer> | undefined;
  const opened = async () => {
    key ??= openOrMake(file);
    return await key;
  };
  return {
    publicKey: async () => await (await opened()).publicKey(),
    sign: async (message) => await (await opened()).sign(message),
  };
}

async function openOrMake(file: string): Promise<Signer> {
  const found = await readKeyFile(file);
  if (found) return found;
  try {
    await make(file);
  } catch (error) {
    throw new InvalidConfiguration(`The signing key ${file} cannot be written (${codeOf(error)}). ${OTHER}`);
  }
  const made = await readKeyFile(file);
  if (made) return made;
  throw new InvalidConfiguration(`The signing key ${file} was removed just now. Run the command again.`);
}

async function make(file: string): Promise<void> {
  await makeFolders(dirname(file));
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const aside = `${file}.${randomUUID()}`;
  try {
    await writeFile(aside, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flush: true });
    // Each is a private key that signs nothing, and stays for ever.
    await sweepAside(file, aside);
    await link(aside, file).catch(async (error: unknown) => {
      if (codeOf(error) === 'EEXIST') return;
      // A file system without hard links: the last of two wins, and both read the file again.
      await rename(aside, file);
    });
  } finally {
    await rm(aside, { force: true });
  }
}
