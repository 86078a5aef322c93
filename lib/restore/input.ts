import { createHash } from 'node:crypto';
import * as z from 'zod';
import { compactTime, ManagerId, OUR_PREFIX, SnapshotId, TenantName } from '../base/ids.ts';
import type { ExecutionRef } from '../base/schemas.ts';

/** Neither `user@`, nor `:password@` alone. */
const holdsNoCredentials = (text: string) => !URL.parse(text)?.username && !URL.parse(text)?.password;

const url = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
  .max(4000)
  .refine(holdsNoCredentials, 'must not hold a user name or password');

/**
 * The input of a restore: what a person gives, in the console or by the CLI. `{ "manager": "m1" }` alone restores the
 * newest verified archive of m1 to m1. Every field with its default is explained in docs/reference/restore-input.md.
 */
export const RestoreInput = z
  .strictObject({
    manager: ManagerId,
    /** Whose archives are looked through; default: the manager's own. */
    sourceManager: ManagerId.optional(),
    /** `"latest"`, a snapshot's id, or the newest one finished by a time. */
    archive: z
      .union([SnapshotId, z.strictObject({ asOf: z.iso.datetime({ offset: true }) })], {
        error: 'must be "latest", a snapshot id, or { "asOf": ISO time }',
      })
      .optional(),
    /** An archive that is not in the bucket. */
    archiveUrl: url.optional(),
    /** What a dry run saw at that URL (`selection.size`, `selection.sourceTag`): another archive is refused. */
    archiveSeen: z.strictObject({ size: z.number().int().min(1), tag: z.string().max(200).nullable() }).optional(),
    /** The newest one that is asked for is gone or damaged: the next good one is restored instead. */
    skipDamaged: z.boolean().optional(),
    /** Restore over what is there. On a legacy archive the manager wipes it; with a new one it stays and conflicts. */
    force: z.boolean().optional(),
    recreateDeploymentsEnvs: z.boolean().optional(),
    restoreCertificates: z.boolean().optional(),
    noReboot: z.boolean().optional(),
    /** The tenant in which the archive is uploaded and the restore is started; default: that of the secret. */
    tenantName: TenantName.optional(),
    method: z.enum(['auto', 'url', 'stream']).optional(),
    /** The stored archive is not read and compared with its manifest before the manager fetches it. */
    trustStorage: z.boolean().optional(),
    purpose: z.enum(['recovery', 'drill']).optional(),
    /** An archive whose manifest is forged, or signed with a key that is not trusted, is restored all the same. */
    acceptUnsigned: z.boolean().optional(),
    /** A restore that leaves differences behind counts as succeeded. */
    allowPartial: z.boolean().optional(),
    /** Ends after the checks, with the plan; changes nothing. */
    dryRun: z.boolean().optional(),
    /** Another secret of this installation, whose credentials are good after the restore. */
    restoredCredentialsSecret: ManagerId.optional(),
    /** Free text for the record. */
    reason: z.string().max(500).optional(),
  })
  .superRefine((input, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (input.archiveUrl !== undefined && input.archive !== undefined)
      refuse('archiveUrl', 'must not be given together with archive');
    if (input.archiveUrl !== undefined && input.sourceManager !== undefined)
      refuse('archiveUrl', 'must not be given together with sourceManager');
    if (input.archiveSeen !== undefined && input.archiveUrl === undefined)
      refuse('archiveSeen', 'has a meaning only with archiveUrl');
    if (input.skipDamaged && typeof input.archive === 'string' && input.archive !== 'latest')
      refuse('skipDamaged', 'must not be given together with the id of an archive');
    if (input.skipDamaged && input.archiveUrl !== undefined)
      refuse('skipDamaged', 'must not be given together with archiveUrl');
    if (input.noReboot && !input.restoreCertificates) refuse('noReboot', 'has a meaning only with restoreCertificates');
  });
export type RestoreInput = z.infer<typeof RestoreInput>;

/** What decides how a restore is done and how it ends, each with its default, as StartRestore sends them. */
export function effectiveOptions(input: RestoreInput) {
  return {
    force: input.force ?? false,
    recreateDeploymentsEnvs: input.recreateDeploymentsEnvs ?? true,
    restoreCertificates: input.restoreCertificates ?? false,
    noReboot: input.noReboot ?? false,
    allowPartial: input.allowPartial ?? false,
    trustStorage: input.trustStorage ?? false,
    skipDamaged: input.skipDamaged ?? false,
  };
}

/** Of every archive that a restore uploads, and of nothing else on a manager. */
export const UPLOAD_PREFIX = `${OUR_PREFIX}restore-`;

/** When the restore of this upload began; undefined for anything else. */
export function timeOfUpload(snapshot: string): Date | undefined {
  const match = /^offsite-restore-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[0-9a-f]{8}$/.exec(snapshot);
  if (!match) return undefined;
  const [, y, mo, d, h, mi, s] = match;
  return new Date(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
}

/** One restore: everything here follows from the execution's own input and start, so clean-up needs no state. */
export interface RestoreRef {
  readonly manager: string;
  /** `20261123T020000Z-1a2b3c4d` */
  readonly restore: string;
  /** The id of the uploaded snapshot on the target. */
  readonly snapshot: string;
  readonly startedAt: string;
}

export function restoreOf(input: Pick<RestoreInput, 'manager'>, execution: ExecutionRef): RestoreRef {
  const hash = createHash('sha256').update(execution.id).digest('hex').slice(0, 8);
  const restore = `${compactTime(new Date(execution.startTime))}-${hash}`;
  // Not the form of an export's id: pruning and clean-up of exports must not take it for one of theirs.
  return {
    manager: input.manager,
    restore,
    snapshot: `${UPLOAD_PREFIX}${restore}`,
    startedAt: execution.startTime,
  };
}
