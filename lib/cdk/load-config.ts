import { readFileSync } from 'node:fs';
import type { Node } from 'constructs';
import { InvalidConfiguration } from '../base/errors.ts';
import { type OffsiteConfig, parseConfig } from '../config/offsite-config.ts';

/**
 * The configuration from the context key `offsite`: the object itself, or the name of a JSON file, from the folder that
 * cdk runs in. Throws `InvalidConfiguration`.
 */
export function loadConfig(node: Node): OffsiteConfig {
  const given: unknown = node.tryGetContext('offsite');
  if (given === undefined) {
    throw new InvalidConfiguration(
      'There is no configuration: the context of cdk.json needs the key "offsite", an object or the name of a JSON file (docs/reference/configuration.md).',
    );
  }
  return typeof given === 'string' ? parseConfig(readJson(given), `The configuration ${given}`) : parseConfig(given);
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidConfiguration(`The configuration that "offsite" names cannot be read: ${why}.`);
  }
}
