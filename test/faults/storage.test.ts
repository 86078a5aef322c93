import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StepName } from '../../lib/contracts.ts';
import type { Operation } from '../../lib/local/s3/request.ts';
import { storage, storageForEver } from '../support/breakages.ts';
import { Nights } from '../support/nights.ts';

interface Place {
  readonly step: StepName;
  readonly operation: Operation;
  readonly key?: RegExp;
  /** The archive is recorded by then. */
  readonly recorded?: true;
}

/** Every request to storage that an export makes, by step. */
const PLACES: readonly Place[] = [
  { step: 'FindManager', operation: 'GetObject', key: /^runs\// },
  { step: 'FindManager', operation: 'PutObject', key: /^runs\// },
  { step: 'FindManager', operation: 'GetObject', key: /^manifests\// },
  { step: 'FindManager', operation: 'ListMultipartUploads' },
  { step: 'FindManager', operation: 'HeadObject' },
  { step: 'PlanTransfer', operation: 'ListMultipartUploads' },
  { step: 'PlanTransfer', operation: 'CreateMultipartUpload' },
  { step: 'CopySpan', operation: 'ListParts' },
  { step: 'CopySpan', operation: 'UploadPart' },
  { step: 'CompleteTransfer', operation: 'HeadObject' },
  { step: 'CompleteTransfer', operation: 'ListParts' },
  { step: 'CompleteTransfer', operation: 'CompleteMultipartUpload' },
  { step: 'InspectArchive', operation: 'GetObject', key: /^archives\// },
  { step: 'InspectArchive', operation: 'PutObject', key: /^inspections\// },
  { step: 'VerifySpan', operation: 'GetObject', key: /^inspections\// },
  { step: 'VerifySpan', operation: 'GetObject', key: /^archives\// },
  { step: 'RecordArchive', operation: 'GetObject', key: /^inspections\// },
  { step: 'RecordArchive', operation: 'GetObject', key: /^runs\// },
  { step: 'RecordArchive', operation: 'PutObject', key: /^manifests\// },
  { step: 'RecordArchive', operation: 'PutObjectTagging', recorded: true },
  { step: 'PruneManager', operation: 'GetObject', key: /^manifests\//, recorded: true },
  { step: 'PruneManager', operation: 'HeadObject', recorded: true },
  { step: 'ReportRun', operation: 'GetObject', key: /^manifests\//, recorded: true },
  { step: 'ReportRun', operation: 'HeadObject', recorded: true },
  { step: 'ReportRun', operation: 'GetObject', key: /^runs\//, recorded: true },
  { step: 'ReportRun', operation: 'PutObject', key: /^runs\//, recorded: true },
];

const titled = PLACES.map((place) => ({
  ...place,
  title: `${place.step}: ${place.operation} ${place.key ? String(place.key).slice(2, -3) : ''}`.trim(),
}));

/** The manifest is there and the tag is not: no lifecycle rule sees the archive, and the next run sets the tag. */
const isUntagged = ({ operation }: Place) => operation === 'PutObjectTagging';

/** The record of the run cannot be closed; the message goes out all the same, and says so. */
const isOfRecord = ({ step, key }: Place) => step === 'ReportRun' && key?.test('runs/') === true;

describe.each(titled)('$title', ({ title, recorded = false, ...place }) => {
  let nights: Nights;
  beforeAll(async () => {
    nights = await Nights.begin({ settings: { keepOnManager: 1 } });
  });
  afterAll(async () => await nights.stop());

  test('SlowDown, then 500, then a reset connection: tried again, and all is well', async () => {
    await nights.play({
      name: title,
      broken: storage(place, 'slowDown', 'internalError', 'resetBefore'),
      ends: 'SUCCEEDED',
    });
  });

  test('done, but the answer is lost: the repetition finds its own work', async () => {
    await nights.play({ name: title, broken: storage(place, 'lostResponse'), ends: 'SUCCEEDED' });
  });

  test('500 for ever: StorageUnavailable', async () => {
    await nights.play({
      name: title,
      broken: storageForEver(place, 'internalError'),
      ends: 'StorageUnavailable',
      says: /Bucket offsite could not .* (InternalError|no reason given) \(HTTP 500\)/,
      recorded,
      skipsInvariants: isUntagged(place),
      unclosed: isOfRecord(place),
    });
    await nights.again();
  });

  test('access denied: StorageRefused, at once', async () => {
    const before = nights.world.s3.requests(place.operation);
    await nights.play({
      name: title,
      broken: storageForEver(place, 'accessDenied'),
      ends: 'StorageRefused',
      says: /Bucket offsite could not .* \(HTTP 403\)\. Check the credentials, the bucket policy and the KMS key policy/,
      recorded,
      skipsInvariants: isUntagged(place),
      unclosed: isOfRecord(place),
    });
    await nights.again();
    expect(nights.world.s3.requests(place.operation) - before, 'is not tried again').toBeLessThan(60);
  });
});
