import * as z from 'zod';
import { ManagerId, SnapshotId } from '../base/ids.ts';

/** What is read when nobody says how much: a tenth. Weekly, every archive is read again within ten weeks. */
export const DEFAULT_SAMPLE = 10;

/**
 * The input of a verification: what EventBridge Scheduler or a person gives. `{}` reads a tenth of every manager's
 * archives, those first that were read longest ago. docs/explanation/verify.md explains every field.
 */
export const VerifyInput = z
  .strictObject({
    /** Whose archives; default: those of every manager that has any. */
    manager: ManagerId.optional(),
    /** One archive: `"latest"` or a snapshot's id. Needs a manager. */
    archive: SnapshotId.optional(),
    /** Per cent of each manager's archives, at least one. */
    sample: z.number().int().min(1).max(100).optional(),
    /** Every archive, as many as one execution can carry; the next one goes on. */
    all: z.literal(true).optional(),
    /** Free text for the record. */
    reason: z.string().max(500).optional(),
  })
  .superRefine((input, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (input.archive !== undefined && input.manager === undefined)
      refuse('archive', 'needs a manager: two may have archives of the same name');
    const [first, second] = (['archive', 'sample', 'all'] as const).filter((field) => input[field] !== undefined);
    if (second !== undefined) refuse(second, `must not be given together with ${first}`);
  });
export type VerifyInput = z.infer<typeof VerifyInput>;
