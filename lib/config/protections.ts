import * as z from 'zod';
import { MOST_APPROVAL_HOURS } from '../base/settings.ts';
import type { StorageConfig } from './storage-config.ts';

export const ConfigVersion = z.union([z.literal(1), z.literal(2)], { error: 'must be 1 or 2' });
type ConfigVersion = z.infer<typeof ConfigVersion>;

/** Who may overwrite a manager. */
export const Restores = z.strictObject({
  /** A restore onto a manager that holds anything waits for an approval; by default as `version` says. */
  approval: z.boolean().optional(),
  /** How long a restore waits for its approval. */
  approvalHours: z.number().min(0.1).max(MOST_APPROVAL_HOURS).default(MOST_APPROVAL_HOURS),
});

/** Protections that a later version of the configuration turns on, each by a field that can also turn it off. */
export interface Protections {
  /** `restores.approval`: a restore onto a manager that holds anything waits for a second person. */
  readonly approval: boolean;
  /** `storage.objectLock`: nobody deletes a verified archive for a time without a right of its own. */
  readonly objectLock: boolean;
}

/** What a configuration has by default, by its `version`. An installation keeps what it had until its version is raised. */
export const DEFAULT_PROTECTIONS: Readonly<Record<ConfigVersion, Protections>> = {
  1: { approval: false, objectLock: false },
  2: { approval: true, objectLock: true },
};

/** Field of the configuration that sets a protection, against the default of the version. */
export const PROTECTION_FIELDS: Readonly<Record<keyof Protections, string>> = {
  approval: 'restores.approval',
  objectLock: 'storage.objectLock',
};

interface Protected {
  readonly version: ConfigVersion;
  readonly restores: z.infer<typeof Restores>;
  readonly storage: Pick<StorageConfig, 'objectLock'>;
}

/** The protections of an installation: as its configuration says, else the default of its version. */
export function protectionsOf({ version, restores, storage }: Protected): Protections {
  const usual = DEFAULT_PROTECTIONS[version];
  const { objectLock } = storage;
  return {
    approval: restores.approval ?? usual.approval,
    objectLock: objectLock === undefined ? usual.objectLock : objectLock !== false,
  };
}
