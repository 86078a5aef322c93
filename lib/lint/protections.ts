import type { OffsiteConfig } from '../config/offsite-config.ts';
import { DEFAULT_PROTECTIONS, PROTECTION_FIELDS, type Protections, protectionsOf } from '../config/protections.ts';
import { type Finding, finding } from './finding.ts';

const LATEST = 2;

/** What is off that the latest version has on: by an old version, or by a field of its own. */
export function lintProtections(config: OffsiteConfig): Finding[] {
  const actual = protectionsOf(config);
  const names = Object.keys(actual) as (keyof Protections)[];
  const off = names.filter((name) => DEFAULT_PROTECTIONS[LATEST][name] && !actual[name]);
  const fields = off.map((name) => PROTECTION_FIELDS[name]);
  if (config.version === LATEST) {
    return fields.map((field) =>
      finding('ProtectionOff', `${field} turns off a protection that version ${LATEST} has on: ${MEANS[field] ?? ''}`),
    );
  }
  const missing = fields.length === 0 ? '' : ` Off by this version: ${fields.join(', ')}.`;
  return [
    finding(
      'OldConfigurationVersion',
      `"version" is ${config.version} or missing. Set "version": ${LATEST} to turn on the protections of version ${LATEST}, one field each turns off again (docs/reference/configuration.md).${missing}`,
    ),
  ];
}

const MEANS: Readonly<Record<string, string>> = {
  [PROTECTION_FIELDS.approval]:
    'whoever may start a restore can overwrite a manager alone. Remove the field, or set it to true.',
  [PROTECTION_FIELDS.objectLock]:
    'whoever may delete versions of the bucket can delete the last valid archive. Remove the field for a lock of 14 days.',
};
