import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { InvalidConfiguration, OffsiteError } from '../../lib/base/errors.ts';
import { parseConfig } from '../../lib/config/offsite-config.ts';
import { writeRelease } from './write-release.ts';

const USAGE = 'usage: npm run release:template -- --config FILE [--out FOLDER]';

function configIn(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new InvalidConfiguration(
      `--config ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

function main(): number {
  let given: { config?: string; out?: string };
  try {
    given = parseArgs({ options: { config: { type: 'string' }, out: { type: 'string', default: 'release' } } }).values;
  } catch (error) {
    given = { out: error instanceof Error ? error.message : String(error) };
  }
  const { config, out = 'release' } = given;
  if (config === undefined) {
    process.stderr.write(`${out === 'release' ? '' : `${out}\n`}${USAGE}\n`);
    return 2;
  }
  try {
    const { template, files, warnings } = writeRelease(parseConfig(configIn(config)), out);
    for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
    process.stdout.write(
      `${[template, ...files].map((name) => `${out}/${name}`).join('\n')}\nHow to deploy them: docs/how-to/deploy-template.md\n`,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof OffsiteError)) throw error;
    process.stderr.write(`${error.name}: ${error.message}\n`);
    return 2;
  }
}

process.exitCode = main();
