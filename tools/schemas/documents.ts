import * as z from 'zod';
import { time } from '../../lib/base/schemas.ts';
import type { RecordFault } from '../../lib/catalogue/record-fault.ts';
import { AcceptRecord, KeepRecord, Manifest, MarkRecord } from '../../lib/catalogue/records.ts';
import { OffsiteConfig } from '../../lib/config/offsite-config.ts';
import { Check } from '../../lib/doctor/contract.ts';
import { ReconcileReport } from '../../lib/reconcile/contract.ts';
import { KeptReport } from '../../lib/report/contract.ts';
import { RestoreReport } from '../../lib/restore/course.ts';
import { RestoreEvidence } from '../../lib/restore/prove/evidence-record.ts';
import { VerifyReport } from '../../lib/verification/state.ts';
import { Adopt, Approve, Contents, Copy, Diff, Digest, Download, Extract, Notify } from './archives.ts';
import { Report } from './report.ts';
import { ReportOfManager } from './report-manager.ts';
import { Accept, Keep, PlannedArchive, RetentionExpire, Unkeep } from './retention.ts';
import { Ended, Export, ExportAll, Failed, Left, Planned, Run, Started } from './runs.ts';

/** Documents of `--json` that no step hands on, so that the product itself has no schema of them. */

const Unreadable = z.strictObject({
  snapshot: z.string(),
  kind: z.string(),
  key: z.string(),
  why: z.string(),
  isForged: z.boolean(),
  fault: z.enum([
    'unreadable',
    'edited',
    'replayed',
    'swapped',
    'unsigned',
    'untrusted',
    'missing',
  ] satisfies RecordFault[]),
  takenAt: time.optional(),
});

const List = z.strictObject({
  place: z.string(),
  archives: z.array(
    z.strictObject({
      manager: z.string(),
      snapshot: z.string(),
      key: z.string(),
      versionId: z.string().nullable(),
      size: z.number(),
      format: z.enum(['new', 'legacy']),
      snapshotVersion: z.string(),
      takenAt: time,
      verifiedAt: time,
      stored: z.boolean(),
      missing: z.enum(['gone', 'other version', 'other size']).nullable(),
      storageClass: z.string().nullable(),
      damaged: z.boolean(),
      flagged: z.boolean(),
      kept: z.boolean(),
      keptUntil: time.nullable(),
      signed: z.string(),
    }),
  ),
  unreadable: z.array(Unreadable),
  index: z.array(
    z.strictObject({ fault: z.enum(['forged', 'unreadable', 'rolled back']), key: z.string(), why: z.string() }),
  ),
});

/** Times as ISO texts, or a word such as `none`. */
const Status = z.looseObject({
  place: z.string(),
  configured: z.boolean(),
  at: time,
  managers: z.array(
    z.looseObject({
      manager: z.string(),
      archive: z
        .looseObject({
          snapshot: z.string(),
          takenAt: time,
          verifiedAt: time,
          ageSeconds: z.number(),
          size: z.number(),
          replication: z.string().nullable(),
        })
        .nullable(),
      stale: z.boolean().nullable(),
      lastRun: z
        .looseObject({ snapshot: z.string(), state: z.string(), at: time, error: z.string().nullable() })
        .nullable(),
      nextRun: z.string(),
      lastDrill: z.looseObject({ restore: z.string(), onto: z.string(), at: time, state: z.string() }).nullable(),
      marks: z.array(z.string()),
      needsAttention: z.boolean(),
    }),
  ),
});

const Show = z.looseObject({
  place: z.string(),
  expire: z.string().nullable().optional(),
  notes: z.array(z.string()),
  stored: z.looseObject({ key: z.string(), versionId: z.string().nullable(), size: z.number() }).nullable(),
  missing: z.string().nullable(),
  mark: MarkRecord.nullable(),
  keep: KeepRecord.nullable(),
  accept: AcceptRecord.nullable(),
  manifest: Manifest,
  unreadable: z.array(Unreadable),
});

const RetentionPlan = z.looseObject({
  place: z.string(),
  manager: z.string(),
  at: time,
  nightly: z.boolean(),
  timeZone: z.string(),
  archives: z.array(PlannedArchive),
  gone: z.array(z.string()),
  totals: z.strictObject({ bytes: z.number(), monthlyCost: z.number() }),
  configured: z.boolean(),
  changed: z.looseObject({}).nullable(),
  unreadable: z.array(Unreadable),
});
const ReconcileAll = z.strictObject({
  outcome: z.enum(['clean', 'findings']),
  managers: z.array(z.union([ReconcileReport, Failed])),
});

const Doctor = z.strictObject({
  outcome: z.enum(['succeeded', 'failed']),
  manager: z.string(),
  checks: z.array(Check),
});

const DoctorAll = z.strictObject({
  outcome: z.enum(['succeeded', 'failed']),
  message: z.string(),
  managers: z.array(Doctor),
});

interface Document {
  readonly title: string;
  readonly schema: z.ZodType;
  /** As a person or an older version wrote it, before defaults are filled in. */
  readonly io: 'input' | 'output';
}

const output = (title: string, schema: z.ZodType): Document => ({ title, schema, io: 'output' });

/** Every published schema, by the name of its file without `.json`. */
export const documents: Readonly<Record<string, Document>> = {
  configuration: { title: 'The configuration of cloudify-offsite', schema: OffsiteConfig, io: 'input' },
  manifest: { title: 'The manifest of an archive', schema: Manifest, io: 'input' },
  evidence: { title: 'The restore report in the bucket', schema: RestoreEvidence, io: 'input' },
  failure: output('A command that failed before it had a report', Failed),
  export: output('offsite export --json', Export),
  'export-all': output('offsite export --all --json', ExportAll),
  restore: output('offsite restore --json', z.union([RestoreReport, Planned, Started, Left])),
  verify: output('offsite verify --json', z.union([VerifyReport, Started, Left])),
  follow: output('offsite follow --json', z.union([Run, RestoreReport, Planned, VerifyReport, Ended, Left])),
  reconcile: output('offsite reconcile --json', ReconcileReport),
  'reconcile-all': output('offsite reconcile --all --json', ReconcileAll),
  list: output('offsite list --json', List),
  show: output('offsite show --json', Show),
  status: output('offsite status --json', Status),
  'retention-plan': output('offsite retention plan --json', RetentionPlan),
  'retention-expire': output('offsite retention expire --json', RetentionExpire),
  keep: output('offsite keep --json', Keep),
  unkeep: output('offsite unkeep --json', Unkeep),
  accept: output('offsite accept --json', Accept),
  doctor: output('offsite doctor --json', Doctor),
  'doctor-all': output('offsite doctor --all --json', DoctorAll),
  contents: output('offsite contents --json', Contents),
  diff: output('offsite diff --json', Diff),
  download: output('offsite download --json', Download),
  extract: output('offsite extract --json', Extract),
  copy: output('offsite copy --json', Copy),
  adopt: output('offsite adopt --json', Adopt),
  approve: output('offsite approve --json', Approve),
  notify: output('offsite notify --test --json', Notify),
  report: output('offsite report --json', Report),
  'report-manager': output('offsite report --manager … --json', ReportOfManager),
  'report-keep': output('offsite report --keep --json', KeptReport),
  digest: output('offsite digest --json', Digest),
};
