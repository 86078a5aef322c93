import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { InvalidConfiguration } from '../../base/errors.ts';
import { type OffsiteConfig, parseConfig } from '../../config/offsite-config.ts';

/** Where `cdk deploy` finds the configuration, from the folder that it runs in. */
const CDK = 'cdk.json';

/** A configuration and the file that it stands in, whose folder its relative names begin at. */
export interface ConfigFile {
  readonly config: OffsiteConfig;
  /** Absolute. */
  readonly file: string;
}

/**
 * The configuration of an installation: of the file that is named (the configuration itself, or a cdk.json with it in its
 * context), else of the cdk.json in this folder, if that is about this installation. Throws `InvalidConfiguration`.
 */
export async function readConfig(
  file: string | undefined,
  installation: string | undefined,
): Promise<OffsiteConfig | undefined> {
  if (file !== undefined) return (await openConfig(file)).config;
  // On this machine nobody says which installation is meant, and so whose configuration.
  if (installation === undefined) return undefined;
  const found = await configIn(CDK, false);
  const config = found && parseConfig(found.json, nameOf(found.file));
  return config?.name === installation ? config : undefined;
}

/** The configuration in a file that a person has named. Throws `InvalidConfiguration`. */
export async function openConfig(file: string): Promise<ConfigFile> {
  const found = await configIn(file, true);
  const path = found?.file ?? file;
  return { config: parseConfig(found?.json, nameOf(path)), file: resolve(path) };
}

const nameOf = (file: string) => `The configuration ${file}`;

async function configIn(file: string, isNamed: boolean): Promise<{ json: unknown; file: string } | undefined> {
  const json = await readJson(file, isNamed);
  const { context } = (json ?? {}) as { context?: { offsite?: unknown } };
  if (context === undefined) return isNamed ? { json, file } : undefined;
  const given = context.offsite;
  if (typeof given !== 'string') return given === undefined && !isNamed ? undefined : { json: given, file };
  const named = resolve(dirname(file), given);
  return { json: await readJson(named, true), file: named };
}

async function readJson(file: string, mustExist: boolean): Promise<unknown> {
  try {
    return JSON.parse((await readFile(file, 'utf8')).replace(/^\uFEFF/, '')) as unknown;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !mustExist) return undefined;
    const why = code ?? 'it is not JSON';
    throw new InvalidConfiguration(`The configuration ${file} cannot be read (${why}).`);
  }
}
