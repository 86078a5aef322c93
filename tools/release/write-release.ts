import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { App, type IStackSynthesizer } from 'aws-cdk-lib';
import { FAIL_SYNTH_ON_VALIDATION_ERRORS_CONTEXT } from 'aws-cdk-lib/cx-api';
import { InvalidConfiguration } from '../../lib/base/errors.ts';
import { FLAGS } from '../../lib/cdk/flags.ts';
import { measure, tooLarge } from '../../lib/cdk/measure.ts';
import { OffsiteStack } from '../../lib/cdk/offsite-stack.ts';
import type { OffsiteConfig } from '../../lib/config/offsite-config.ts';
import { deflated, writeZip } from '../../simulator/archive/zip-writer.ts';
import { ReleaseSynthesizer } from './release-synthesizer.ts';

export interface Release {
  /** Where it was written, with the files that it needs beside it. */
  readonly template: string;
  readonly files: readonly string[];
  /** What the policy lint warns of. */
  readonly warnings: readonly string[];
}

/**
 * Writes the template of a configuration and its assets into a folder, by names that follow from their content: the same
 * configuration and code are the same bytes. Throws `InvalidConfiguration` for what `cdk synth` would refuse.
 */
export function writeRelease(config: OffsiteConfig, out: string): Release {
  const assembly = mkdtempSync(join(tmpdir(), 'offsite-release-'));
  try {
    const app = new App({
      // What does not fit is named below, with what the policy lint has found.
      context: { ...FLAGS, [FAIL_SYNTH_ON_VALIDATION_ERRORS_CONTEXT]: false },
      ...{ analyticsReporting: false, outdir: assembly },
    });
    const synthesizer = new ReleaseSynthesizer();
    new OffsiteStack(app, config.name, { config, synthesizer: synthesizer as IStackSynthesizer });
    const made = app.synth().getStackByName(config.name);
    const told = (level: string) =>
      made.messages.filter((message) => message.level === level).map(({ entry }) => String(entry.data));
    const refused = [
      ...told('error'),
      ...tooLarge(measure(assembly)).map(({ name, message }) => `${name}: ${message}`),
    ];
    if (refused.length > 0) throw new InvalidConfiguration(refused.join(' '));
    mkdirSync(out, { recursive: true });
    const template = `${config.name}.template.json`;
    writeFileSync(join(out, template), readFileSync(join(assembly, basename(made.templateFullPath))));
    for (const [name, { source, isFolder }] of synthesizer.assets) {
      // Code lies where it was bundled, nested templates in the assembly.
      const path = source.startsWith('/') ? source : join(assembly, source);
      writeFileSync(join(out, name), isFolder ? zipOf(path) : readFileSync(path));
    }
    return { template, files: [...synthesizer.assets.keys()].sort(), warnings: told('warning') };
  } finally {
    rmSync(assembly, { recursive: true, force: true });
  }
}

/** All files of a folder, in the order of their names and of one fixed date. */
function zipOf(folder: string): Buffer {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = entries.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort();
  const { bytes } = writeZip(
    names.map((name) => deflated(name, readFileSync(join(folder, name)))),
    {},
  );
  return Buffer.concat([...bytes.chunks(0, bytes.size)]);
}
