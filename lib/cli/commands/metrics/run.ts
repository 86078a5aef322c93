import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { StorageRefused } from '../../../base/errors.ts';
import { sweepLeftovers } from '../../../base/leftovers.ts';
import type { Given } from '../../command.ts';
import { fileRules } from '../../inputs/file-access.ts';
import { secretFile } from '../../inputs/secret-file.ts';
import { EXIT, type Terminal } from '../../usage.ts';
import { collect } from './collect.ts';
import type { metricsLiteral } from './command.ts';

/** `offsite metrics`: the state of all managers for Prometheus, once or on request. */
export async function metricsCommand(given: Given<typeof metricsLiteral>, terminal: Terminal): Promise<number> {
  const { listen, output } = given;
  if (listen !== undefined) {
    const token =
      given.tokenFile === undefined
        ? undefined
        : await secretFile('--token-file', given.tokenFile, fileRules({}, terminal));
    const { serve } = await import('./serve.ts');
    const source = { maxAgeSeconds: given.maxAge ?? 60, collect: () => collect(given, terminal) };
    return await serve({ address: listen, token, ...source }, terminal);
  }
  const text = await collect(given, terminal);
  if (output === undefined) terminal.out.write(text);
  else await replace(output, text, terminal.clock.now());
  return EXIT.ok;
}

/** The collector may read at any time: it finds the old file or the new one, never half of one. */
async function replace(file: string, text: string, now: Date): Promise<void> {
  // Beside it, and not called .prom, which the collector would read.
  const beside = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  const isLeft = (name: string) => name.startsWith(`${basename(file)}.`) && /\.[0-9a-f]{12}\.tmp$/.test(name);
  await sweepLeftovers(dirname(file), isLeft, now);
  try {
    await writeFile(beside, text, { mode: 0o644, flag: 'wx' });
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new StorageRefused(`${file} cannot be written (${code}). Check the folder and its permissions.`);
  }
}
