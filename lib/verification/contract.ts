import * as z from 'zod';
import { ManagerId, SnapshotId } from '../base/ids.ts';
import { anyInput, count, ExecutionRef, Failure, Stored, Verified } from '../base/schemas.ts';
import { VerifyInput } from './input.ts';
import { ArchiveRef, Chosen, Verdict, VerifyReport } from './state.ts';

/** What travels between the states of a verification; the same rules as in lib/export/contract.ts. */

const Inspected = z.strictObject({
  manager: ManagerId,
  snapshot: SnapshotId,
  stored: Stored,
  memberCount: count,
  /** Numbers from 1, as in an export. */
  spans: z.array(count.min(1)).max(500),
});

/** Input and output of every step of a verification, by its name. */
export const verifyContracts = {
  SelectArchives: { input: z.strictObject({ input: VerifyInput, execution: ExecutionRef }), output: Chosen },
  InspectStored: { input: z.strictObject({ archive: ArchiveRef }), output: Inspected },
  MarkArchive: {
    input: z.discriminatedUnion('outcome', [
      z.strictObject({
        outcome: z.literal('read'),
        archive: ArchiveRef,
        execution: z.string(),
        inspection: Inspected,
        verified: z.array(Verified).max(500),
      }),
      z.strictObject({
        outcome: z.literal('failed'),
        archive: ArchiveRef,
        execution: z.string(),
        failure: Failure,
      }),
    ]),
    output: Verdict,
  },
  ReportVerification: {
    input: z.discriminatedUnion('outcome', [
      z.strictObject({
        outcome: z.literal('done'),
        input: anyInput,
        execution: ExecutionRef,
        chosen: Chosen,
        /** In the order of `chosen.archives`. */
        verdicts: z.array(Verdict).max(400),
      }),
      z.strictObject({ outcome: z.literal('failed'), input: anyInput, execution: ExecutionRef, failure: Failure }),
    ]),
    output: VerifyReport,
  },
} as const;
