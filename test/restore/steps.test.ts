import { expect, test } from 'vitest';
import type { Operation } from '../../folder-s3/http/request.ts';
import { approvalSteps } from '../../lib/approval/steps.ts';
import { defaultRules } from '../../lib/config/manager-rules.ts';
import { restoreSteps } from '../../lib/restore/steps.ts';
import { approver } from '../support/approvals.ts';
import { timesOut } from '../support/restore-breakages.ts';
import { RestoreWorld } from '../support/restore-world.ts';

const READS: readonly Operation[] = ['GetObject', 'HeadObject'];
const WRITES: readonly Operation[] = ['PutObject', 'CreateMultipartUpload', 'DeleteObject'];

/** Writes down what is asked of the bucket, by step: `CheckTarget restores:read`. */
function listen({ world }: RestoreWorld): Set<string> {
  const seen = new Set<string>();
  for (const [operations, word] of [[READS, 'read'] as const, [WRITES, 'write'] as const]) {
    for (const operation of operations) {
      const when = ({ key }: { key: string }) => {
        seen.add(`${world.step} ${key.split('/')[0]}:${word}`);
        return false;
      };
      world.s3.faults.add({ operation, kind: 'slowDown', times: Number.POSITIVE_INFINITY, when });
    }
  }
  return seen;
}

test('every step touches in the bucket what its words say, and no word is one too many', async () => {
  const both = await RestoreWorld.start({ secret: { drillTarget: true } });
  const seen = listen(both);
  const approved = {
    ...approver(() => both),
    parts: { rulesOf: () => ({ ...defaultRules, restoreFrom: ['m1'], approvalHours: 1 }) },
  };
  expect((await both.restore({ dryRun: true })).outcome.status).toBe('SUCCEEDED');
  expect((await both.restore({ purpose: 'drill' })).outcome.status).toBe('SUCCEEDED');
  expect((await both.restore({ force: true, allowPartial: true, method: 'stream' }, approved)).outcome.status).toBe(
    'SUCCEEDED',
  );
  const { before } = timesOut('UploadArchive')(both.world);
  expect((await both.restore({ force: true }, before ? { before } : {})).outcome.status).toBe('FAILED');
  await both.stop();
  const said = Object.entries({ ...restoreSteps, ...approvalSteps }).flatMap(([step, { touches }]) =>
    touches
      .filter((word) =>
        /^(archives|manifests|indexes|claims|restores|runs|inspections|approvals|approval-\w+):/.test(word),
      )
      .map((w) => `${step} ${w}`),
  );
  // Only of an archive that is not read back whole; only where the manifest is gone by then; only when it is repeated.
  const rarely = [
    'CheckUpload archives:read',
    'VerifyRestore archives:read',
    'RecordRestore restores:read',
    'StartRestore approval-uses:read',
    // Only where no version pins the bytes.
    'CompareSpan manifests:read',
    'UploadArchive manifests:read',
  ];
  for (const rare of rarely) seen.add(rare);
  // Who signs puts the public half of its key beside the archives.
  const signing = Object.entries({ ...restoreSteps, ...approvalSteps }).filter(([, { touches }]) =>
    touches.includes('records:sign'),
  );
  expect([...seen].sort()).toEqual([...said, ...signing.map(([step]) => `${step} keys:write`)].sort());
});
