import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InvalidConfiguration } from '../../base/errors.ts';
import { type OffsiteConfig, parseConfig } from '../../config/offsite-config.ts';

/** Where `cdk deploy` finds the configuration, from the folder that it runs in. */
const CDK = 'cdk.json';

/**
 * The configuration of an installation: of the file that is named (the configuration itself, or a cdk.json with it in its
 * context), else of the cdk.json in this folder, if that is about this installation. Throws `InvalidConfiguration`.
 */
export async function readConfig(
  file: string | undefined,
  installation: string | undefined,
): Promise<OffsiteConfig | undefined> {
  if (file !== undefined) return parseConfig(await configIn(file, true));
  // On this machine nobody says which installation is meant, and so whose configuration.
  if (installation === undefined) return undefined;
  const found = await configIn(CDK, false);
  const config = found === undefined ? undefined : parseConfig(found);
  return config?.name === installation ? config : undefined;
}

async function configIn(file: string, isNamed: boolean): Promise<unknown> {
  const json = await readJson(file, isNamed);
  const { context } = (json ?? {}) as { context?: { offsite?: unknown } };
  if (context === undefined) return isNamed ? json : undefined;
  const given = context.offsite;
  return typeof given === 'string' ? await readJson(resolve(dirname(file), given), true) : given;
}

async function readJson(file: string, mustExist: boolean): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !mustExist) return undefined;
    const why = code ?? 'it is not JSON';
    throw new InvalidConfiguration(`The configuration ${file} cannot be read (${why}).`);
  }
}
