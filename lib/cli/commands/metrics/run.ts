import { writeOutput } from '../../../base/output-files.ts';
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
  // The collector may read at any time.
  else await writeOutput(output, text, { option: '--output', is: 'file' });
  return EXIT.ok;
}
