import { GetObjectTaggingCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Operation } from '../../folder-s3/http/request.ts';
import type { StepName } from '../../lib/base/step-names.ts';
import { keysOf } from '../../lib/storage/layout.ts';
import { storage, storageForEver } from '../support/breakages.ts';
import { Nights } from '../support/nights.ts';
import { oneIn } from '../support/sampled.ts';
import type { World } from '../support/world.ts';

interface Place {
  readonly step: StepName;
  readonly operation: Operation;
  readonly key?: RegExp;
  /** The archive is recorded by then. */
  readonly recorded?: true;
  /** The run succeeds all the same, and its report says this. */
  readonly note?: RegExp;
}

/** The manifest is there and tags are not: no lifecycle rule sees the archive, and the next run sets them. */
const UNPRUNED = /stays on the manager, as its archive could not be checked: Bucket offsite could not/;
const UNTAGGED = /Retention could not be applied: nothing expires too soon.*The next run does it again/;

/** Every request to storage that an export makes, by step. */
const PLACES: readonly Place[] = [
  { step: 'ClaimRun', operation: 'GetObject', key: /^runs\// },
  { step: 'ClaimRun', operation: 'PutObject', key: /^runs\// },
  { step: 'ClaimRun', operation: 'GetObject', key: /^manifests\// },
  { step: 'ClaimRun', operation: 'ListMultipartUploads' },
  { step: 'ClaimRun', operation: 'HeadObject' },
  { step: 'PlanTransfer', operation: 'CreateMultipartUpload' },
  { step: 'CopySpan', operation: 'ListParts' },
  { step: 'CopySpan', operation: 'UploadPart' },
  { step: 'CompleteTransfer', operation: 'HeadObject' },
  { step: 'CompleteTransfer', operation: 'ListParts' },
  { step: 'CompleteTransfer', operation: 'CompleteMultipartUpload' },
  { step: 'CompleteTransfer', operation: 'ListMultipartUploads' },
  { step: 'InspectArchive', operation: 'GetObject', key: /^archives\// },
  { step: 'InspectArchive', operation: 'PutObject', key: /^inspections\// },
  { step: 'VerifySpan', operation: 'GetObject', key: /^inspections\// },
  { step: 'VerifySpan', operation: 'GetObject', key: /^archives\// },
  { step: 'RecordArchive', operation: 'GetObject', key: /^inspections\// },
  { step: 'RecordArchive', operation: 'GetObject', key: /^runs\// },
  { step: 'RecordArchive', operation: 'PutObject', key: /^manifests\// },
  { step: 'RecordArchive', operation: 'ListObjectsV2', note: UNTAGGED },
  { step: 'RecordArchive', operation: 'ListObjectVersions', recorded: true },
  { step: 'RecordArchive', operation: 'GetObjectTagging', note: UNTAGGED },
  { step: 'RecordArchive', operation: 'PutObjectTagging', note: UNTAGGED },
  { step: 'PruneManager', operation: 'GetObject', key: /^manifests\//, note: UNPRUNED },
  { step: 'PruneManager', operation: 'GetObject', key: /^marks\//, note: UNPRUNED },
  { step: 'PruneManager', operation: 'HeadObject', note: UNPRUNED },
  { step: 'ReportRun', operation: 'GetObject', key: /^manifests\//, recorded: true },
  { step: 'ReportRun', operation: 'HeadObject', recorded: true },
  { step: 'ReportRun', operation: 'GetObject', key: /^runs\//, recorded: true },
  { step: 'ReportRun', operation: 'PutObject', key: /^runs\//, recorded: true },
  { step: 'ReportRun', operation: 'GetObjectTagging', note: /Whether retention was applied is not known/ },
];

const UNAVAILABLE = /Bucket offsite could not .* (InternalError|no reason given) \(HTTP 500(: [^)]*)?\)/;
const REFUSED =
  /Bucket offsite could not .* \(HTTP 403(: Access Denied)?\)\. Check the credentials, the bucket policy and the KMS key policy/;

const titled = PLACES.map((place) => ({
  ...place,
  title: `${place.step}: ${place.operation} ${place.key ? String(place.key).slice(2, -3) : ''}`.trim(),
}));

/** The record of the run cannot be closed; the message goes out all the same, and says so. */
const isOfRecord = ({ step, key }: Place) => step === 'ReportRun' && key?.test('runs/') === true;

/** After the next run nothing shows that the one before could not set them. */
const everythingIsTagged = async (world: World) => {
  for (const { manager, snapshot } of await world.manifests()) {
    const { archive, manifest, inspection } = keysOf(manager.id, snapshot.id);
    for (const Key of [archive, manifest, inspection]) {
      const { TagSet } = await world.client.send(new GetObjectTaggingCommand({ Bucket: world.bucket, Key }));
      expect(TagSet, Key).toEqual([{ Key: 'expire', Value: expect.stringMatching(/^(held|daily|yearly)$/) }]);
    }
  }
};

describe.each(oneIn(3, titled))('$title', ({ title, recorded = false, note, ...place }) => {
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
      ...(note ? { ends: 'SUCCEEDED', notes: note } : { ends: 'StorageUnavailable', says: UNAVAILABLE }),
      recorded,
      // What could not be listed has no tag either, until the run is done again.
      skipsInvariants: note !== undefined || place.operation === 'ListObjectVersions',
      unclosed: isOfRecord(place),
    });
    if (note) await nights.play({ name: 'the next night', ends: 'SUCCEEDED', also: everythingIsTagged });
    else await nights.again();
  });

  test('access denied: StorageRefused, at once', async () => {
    const before = nights.world.s3.requests(place.operation);
    await nights.play({
      name: title,
      broken: storageForEver(place, 'accessDenied'),
      ...(note ? { ends: 'SUCCEEDED', notes: note } : { ends: 'StorageRefused', says: REFUSED }),
      recorded,
      // What could not be listed has no tag either, until the run is done again.
      skipsInvariants: note !== undefined || place.operation === 'ListObjectVersions',
      unclosed: isOfRecord(place),
    });
    expect(nights.world.s3.requests(place.operation) - before, 'is not tried again').toBeLessThan(60);
    if (note) await nights.play({ name: 'the next night', ends: 'SUCCEEDED', also: everythingIsTagged });
    else await nights.again();
  });
});
