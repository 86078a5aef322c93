import { AbortMultipartUploadCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { describe, test } from 'vitest';
import { keysOf } from '../../lib/storage/layout.ts';
import { storage, storageForEver, stranger } from '../support/breakages.ts';
import { type Case, playAlone } from '../support/nights.ts';
import type { World } from '../support/world.ts';

const archives = /^archives\//;
async function abortAll(world: World): Promise<void> {
  const { Uploads = [] } = await world.client.send(new ListMultipartUploadsCommand({ Bucket: world.bucket }));
  for (const { Key, UploadId } of Uploads)
    await world.client.send(new AbortMultipartUploadCommand({ Bucket: world.bucket, Key, UploadId }));
}

/** Records can be neither read nor written, and no upload opened, from PlanTransfer on. */
const outage = (kind: 'accessDenied' | 'internalError') => (world: World, step: string, call: number) => {
  if (step !== 'PlanTransfer' || call !== 1) return;
  for (const operation of ['GetObject', 'PutObject', 'CreateMultipartUpload'] as const)
    storageForEver({ operation }, kind)(world);
};

const CASES: readonly Case[] = [
  {
    name: 'Complete: 200 with an error inside, twice',
    broken: storage({ operation: 'CompleteMultipartUpload' }, 'errorInside200', 'errorInside200'),
    ends: 'SUCCEEDED',
  },
  {
    name: 'Complete: always 200 with an error inside is never a success',
    broken: storageForEver({ operation: 'CompleteMultipartUpload' }, 'errorInside200'),
    ends: 'StorageUnavailable',
    says: /could not complete archives\/m1\//,
  },
  {
    name: 'Complete: 409, because a request before whose answer was lost is still at it',
    broken: storage({ operation: 'CompleteMultipartUpload' }, 'conflict', 'conflict'),
    ends: 'SUCCEEDED',
  },
  {
    name: 'a part rots after it was acknowledged',
    broken: storage({ operation: 'UploadPart', part: 4 }, 'corruptStored'),
    ends: 'MemberCorrupt',
    notes: /Removed archives\/m1/,
  },
  {
    name: 'the archive rots after it was completed',
    broken: storage({ operation: 'CompleteMultipartUpload' }, 'corruptStored'),
    ends: 'MemberCorrupt',
  },
  {
    name: 'the inspection rots',
    broken: storage({ operation: 'PutObject', key: /^inspections\// }, 'corruptStored'),
    ends: 'RecordConflict',
    says: /inspections\/m1\S+ is not as it was stored/,
  },
  {
    name: 'InspectArchive: reads that break off, three times',
    broken: storage({ operation: 'GetObject', step: 'InspectArchive' }, 'truncateRead', 'truncateRead', 'truncateRead'),
    ends: 'SUCCEEDED',
  },
  {
    name: 'VerifySpan: reads that break off, in every span',
    broken: storage(
      { operation: 'GetObject', step: 'VerifySpan', key: archives },
      'truncateRead',
      'truncateRead',
      'truncateRead',
    ),
    ends: 'SUCCEEDED',
  },
  {
    name: 'VerifySpan: reads that always break off verify nothing',
    broken: storageForEver({ operation: 'GetObject', step: 'VerifySpan', key: archives }, 'truncateRead'),
    ends: 'StorageUnavailable',
  },
  {
    name: 'VerifySpan: the record of the spans breaks off',
    broken: storage({ operation: 'GetObject', step: 'VerifySpan', key: /^inspections/ }, 'truncateRead'),
    ends: 'SUCCEEDED',
  },
  {
    name: 'the upload is aborted by somebody in the middle',
    during: (world, step, call) => (step === 'CopySpan' && call === 2 ? abortAll(world) : undefined),
    ends: 'IncompleteTransfer',
    says: /is not open any more: it was aborted, completed, or has expired/,
  },
  {
    name: 'the upload is gone when its parts are to be joined',
    during: (world, step) => (step === 'CompleteTransfer' ? abortAll(world) : undefined),
    ends: 'IncompleteTransfer',
  },
  {
    name: 'the inspection is of another version of the archive',
    during: async (world, step, call) => {
      if (step !== 'VerifySpan' || call !== 1) return;
      const { inspection } = keysOf('m1', world.snapshotOfRun);
      await world.put(inspection, (await world.text(inspection)).replace(/"versionId": "[^"]+"/, '"versionId": "x"'));
    },
    ends: 'VerificationIncomplete',
    says: /Run the export again/,
  },
  {
    name: 'the inspection is gone when the manifest is to be written',
    during: async (world, step) => {
      const { inspection } = keysOf('m1', world.snapshotOfRun);
      if (step === 'RecordArchive')
        await world.put(
          inspection,
          (await world.text(inspection))
            .replace(/"members": \d+/, '"members": 1')
            .replace(/"memberCount": \d+/, '"memberCount": 9999'),
        );
    },
    ends: 'VerificationIncomplete',
    says: /of 9999 files were verified/,
  },
  {
    name: 'storage refuses everything from PlanTransfer on: people are told, with the first error',
    during: outage('accessDenied'),
    ends: 'StorageRefused',
    says: /could not open an upload for archives\/m1/,
    notes: /Clean-up did not finish.*could not be closed/,
    unclosed: true,
    mendsAll: true,
  },
  {
    name: 'storage is down for good from PlanTransfer on: people are told all the same',
    during: outage('internalError'),
    ends: 'StorageUnavailable',
    unclosed: true,
    mendsAll: true,
  },
];

/** Somebody else has written where we write. */
const CONFLICTS: readonly Case[] = [
  {
    name: 'a manifest that is no manifest',
    broken: stranger('manifest', '{"schema":"?"}'),
    ends: 'RecordConflict',
    says: /is not a record that this version knows/,
    leaves: 'nothing',
  },
  {
    name: 'a record of the run that is no JSON',
    broken: stranger('run', 'hello'),
    ends: 'RecordConflict',
    says: /offsite\/runs\/m1.*is not JSON\. It cannot be read\. Move it away/,
    leaves: 'nothing',
  },
  {
    name: 'an archive that no export wrote, there before the night began',
    broken: stranger('archive', 'of somebody'),
    ends: 'RecordConflict',
    says: /archives\/m1.* is not of any export/,
    leaves: 'nothing',
  },
  {
    name: 'an archive that no export wrote, since the transfer',
    broken: stranger('archive', 'of somebody', 'CompleteTransfer'),
    ends: 'RecordConflict',
    says: /exists already and is not of this run\. Nothing was overwritten/,
    notes: /is not of any export/,
    leaves: 'created',
  },
  {
    name: 'a manifest of another archive, since the transfer',
    broken: stranger('manifest', 'of somebody', 'RecordArchive'),
    ends: 'RecordConflict',
    leaves: 'created',
    skipsInvariants: true,
  },
];

describe('storage', () => {
  test.each(CASES)('$name', playAlone);
});

describe('strangers in the bucket', () => {
  test.each(CONFLICTS)('$name', playAlone);
});
