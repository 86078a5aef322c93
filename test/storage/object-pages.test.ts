import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { bucketOf, IN_CIRCLES, NO_NEXT, s3Error, told } from './replies.ts';

const at = new Date('2026-11-22T02:00:00Z');
const object = (Key: string) => ({ Key, LastModified: at, ETag: '"e"', Size: 2 });

test('records over two pages are all there', async () => {
  const { s3, bucket } = bucketOf();
  s3.on(ListObjectsV2Command).resolves({ IsTruncated: true, NextContinuationToken: 't', Contents: [object('runs/a')] });
  s3.on(ListObjectsV2Command, { ContinuationToken: 't' }).resolves({ Contents: [object('runs/b')] });
  expect((await bucket.records.list('runs/')).map(({ key }) => key)).toEqual(['runs/a', 'runs/b']);
});

describe('a list that cannot be followed to its end', () => {
  const broken = [
    ['no token', { IsTruncated: true, Contents: [object('runs/a')] }, NO_NEXT],
    ['a token that comes again', { IsTruncated: true, NextContinuationToken: 't', Contents: [] }, IN_CIRCLES],
  ] as const;
  const lists = {
    records: async ({ records }: ReturnType<typeof bucketOf>['bucket']) => await records.list('runs/'),
    folders: async ({ records }: ReturnType<typeof bucketOf>['bucket']) => await records.folders('runs/'),
    roots: async (bucket: ReturnType<typeof bucketOf>['bucket']) => await bucket.roots(),
  };
  for (const [name, list] of Object.entries(lists)) {
    test.each(broken)(`${name}: %s ends by name`, async (_, page, what) => {
      const { s3, bucket } = bucketOf();
      s3.on(ListObjectsV2Command).resolves({ ...page, Contents: [...page.Contents] });
      expect(await told(list(bucket))).toMatch(/^StorageRefused: Bucket backups could not list /);
      expect(await told(list(bucket))).toContain(`: ${what}. S3 does not answer so.`);
    });
  }
});

test.each([
  ['key', { ...object('runs/a'), Key: undefined }, 'lacks the key of an object'],
  ['time', { ...object('runs/a'), LastModified: undefined }, 'lacks the time of runs/a'],
  ['ETag', { ...object('runs/a'), ETag: undefined }, 'lacks the ETag of runs/a'],
])('a record without its %s ends by name, and is not left out', async (_, entry, what) => {
  const { s3, bucket } = bucketOf();
  s3.on(ListObjectsV2Command).resolves({ Contents: [entry] });
  expect(await told(bucket.records.list('runs/'))).toMatch(new RegExp(`^StorageRefused: .*${what}`));
});

test('a folder without its name ends by name', async () => {
  const { s3, bucket } = bucketOf();
  s3.on(ListObjectsV2Command).resolves({ CommonPrefixes: [{}] });
  expect(await told(bucket.records.folders('runs/'))).toMatch(/^StorageRefused: .*lacks the name of a folder/);
  expect(await told(bucket.roots())).toMatch(/^StorageRefused: .*lacks the name of a folder/);
});

test('a second page that is throttled is tried again, and no shorter list', async () => {
  const { s3, bucket } = bucketOf();
  s3.on(ListObjectsV2Command).resolves({ IsTruncated: true, NextContinuationToken: 't', Contents: [object('runs/a')] });
  s3.on(ListObjectsV2Command, { ContinuationToken: 't' }).rejects(s3Error('SlowDown', 503));
  expect(await told(bucket.records.list('runs/'))).toBe(
    'StorageUnavailable: Bucket backups could not list runs/: SlowDown (HTTP 503).',
  );
});
