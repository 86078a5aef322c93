import * as z from 'zod';
import { ReportId } from '../../base/ids.ts';
import { bytes, count, Signature, sha256, time } from '../../base/schemas.ts';
import { Verdicts } from '../contract.ts';

/** `index.html`, `manager-prod.csv`: no path, so that whoever fetches it writes nowhere else. */
const FileName = z.string().regex(/^[a-z][a-z0-9-]{0,80}\.(html|json|csv)$/);

/**
 * `reports/<yyyy-mm>/<report>.json`: a report that is kept. Written last, and signed: with the digests of all files it
 * proves each of them.
 */
export const ReportRecord = z.strictObject({
  schema: z.literal('cloudify-offsite/report-record/1'),
  report: ReportId,
  execution: z.string(),
  reason: z.string().optional(),
  madeAt: time,
  since: time,
  until: time,
  software: z.string(),
  outcome: z.enum(['protected', 'at-risk', 'unknown']),
  /** Why, of the worst manager; empty when there is none. */
  why: z.string(),
  verdicts: Verdicts,
  openFindings: count,
  /** By name. `versionId` null: storage named none. */
  files: z.array(z.strictObject({ name: FileName, bytes, sha256, versionId: z.string().nullable() })).max(10_000),
  signature: Signature.optional(),
});
export type ReportRecord = z.infer<typeof ReportRecord>;
export type ReportFile = ReportRecord['files'][number];

/** What a person opens first. */
export const FIRST_PAGE = 'index.html';
