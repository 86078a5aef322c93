import * as z from 'zod';
import { MOST_APPROVAL_HOURS } from '../base/settings.ts';
export const ConfigVersion = z.union([z.literal(1), z.literal(2)], { error: 'must be 1 or 2' });
/** Who may overwrite a manager. */
export const Restores = z.strictObject({
  /** A restore onto a manager that holds anything waits for an approval; by default as `version` says. */
  approval: z.boolean().optional(),
  /** How long a restore waits for its approval. */
  approvalHours: z.number().min(0.1).max(MOST_APPROVAL_HOURS).default(MOST_APPROVAL_HOURS),
});
/** What a configuration has by default, by its `version`. An installation keeps what it had until its version is raised. */
export const DEFAULT_PROTECTIONS = {
  1: { approval: false, objectLock: false },
  2: { approval: true, objectLock: true },
};
/** Field of the configuration that sets a protection, against the default of the version. */
export const PROTECTION_FIELDS = {
  approval: 'restores.approval',
  objectLock: 'storage.objectLock',
};
/** The protections of an installation: as its configuration says, else the default of its version. */
export function protectionsOf({ version, restores, storage }) {
  const usual = DEFAULT_PROTECTIONS[version];
  const { objectLock } = storage;
  return {
    approval: restores.approval ?? usual.approval,
    objectLock: objectLock === undefined ? usual.objectLock : objectLock !== false,
  };
}
