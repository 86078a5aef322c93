import {
  GetBucketEncryptionCommand,
  GetBucketLifecycleConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { afterEach, describe, expect, test } from 'vitest';
import { Redactor } from '../../lib/base/redact.ts';
import { ExecutionCourse, endOf } from '../../lib/installation/execution-course.ts';
import { jsonOf } from '../../lib/installation/json.ts';
import { parseSecret } from '../../lib/manager/secret.ts';
import { MAX_METADATA_BYTES, parseMetadata } from '../../lib/snapshot/metadata.ts';
import { bucketOf, told } from '../storage/replies.ts';

/*
 * JSON of the allowed size by somebody who wants to end the process, or to be taken for something else, at the places that
 * read it by themselves. Records and replies of managers have tests of their own.
 */
const long = (piece: string, size: number) => piece.repeat(Math.floor(size / piece.length));
const keys = (size: number) =>
  `{${Array.from({ length: Math.floor(size / 11) }, (_, at) => `"k${String(at).padStart(6, '0')}":1`).join(',')}}`;

/** Each of at most so many bytes. */
const HOSTILE: Readonly<Record<string, (size: number) => string>> = {
  nothing: () => '',
  null: () => 'null',
  'a text': () => '"Statement"',
  'a list of nothing': () => '[null]',
  'an empty object': () => '{}',
  'brackets that nobody closes': (size) => long('[', size),
  'lists in lists': (size) => long('[', size / 2) + long(']', size / 2),
  'objects in objects': (size) => `${long('{"a":', size / 2)}1${long('}', size / 10)}`,
  'keys, as many as there is room for': (size) => keys(size),
  'a key as long as all': (size) => `{"${long('k', size - 20)}":1}`,
  'one key again and again': (size) => `{${long('"a":1,', size - 20)}"a":2}`,
  'numbers beyond all numbers': (size) => `[${long('1e999,', size - 20)}1]`,
  'a number as long as all': (size) => `[${long('9', size - 20)}]`,
  'a text as long as all': (size) => `["${long('\\"', size - 20)}"]`,
  'a text that nobody ends': (size) => `["${long('\\"', size - 20)}`,
  'what belongs to a prototype': () =>
    `{"__proto__":{"endpoints":["https://m"],"username":"u","password":"p","snapshot_version":"7.0.5","Statement":[]},
      "constructor":{"prototype":{"polluted":1}}}`,
  'fields of a wrong kind': () =>
    '{"Statement":[null,1,"a"],"endpoints":{"length":1},"username":{},"password":[],"snapshot_version":{}}',
  'a byte that is no text': () => '{"a":"\u0000\ud800"}',
};
const EACH = Object.entries(HOSTILE);

afterEach(() => expect(({} as { polluted?: unknown }).polluted).toBeUndefined());

/** aws: Secrets Manager takes 65,536 bytes. */
test.each(EACH)('a secret that is %s', (_, text) => {
  const began = performance.now();
  expect(() => parseSecret('m1', text(65_536), new Redactor())).toThrow(
    expect.objectContaining({ name: 'InvalidSecret', message: expect.stringMatching(/^The secret of manager m1 is/) }),
  );
  try {
    parseSecret('m1', text(65_536), new Redactor());
  } catch (error) {
    expect((error as Error).message.length).toBeLessThan(2000);
  }
  expect(performance.now() - began).toBeLessThan(2000);
});

test.each(EACH)('metadata.json of an archive that is %s', (_, text) => {
  const began = performance.now();
  expect(() => parseMetadata(Buffer.from(text(MAX_METADATA_BYTES)), 'x.zip')).toThrow(
    expect.objectContaining({
      name: expect.stringMatching(/^(MemberCorrupt|ArchiveUnsupported)$/),
      message: expect.stringMatching(/^metadata\.json of x\.zip .{5,300}$/),
    }),
  );
  expect(performance.now() - began).toBeLessThan(2000);
});

describe('what S3 says of a bucket', () => {
  const COMMANDS = [
    GetBucketVersioningCommand,
    GetBucketLifecycleConfigurationCommand,
    GetObjectLockConfigurationCommand,
    GetBucketReplicationCommand,
    GetPublicAccessBlockCommand,
    GetBucketEncryptionCommand,
  ];
  function settingsWith(policy: string) {
    const { s3, bucket } = bucketOf();
    for (const command of COMMANDS) s3.on(command as typeof GetBucketVersioningCommand).resolves({});
    s3.on(GetBucketPolicyCommand).resolves({ Policy: policy });
    return bucket.settings();
  }

  /** aws: a policy has 20 KB at most; other stores have their own limits. */
  test.each(EACH)('with a policy that is %s', async (_, text) => {
    expect(await told(settingsWith(text(1024 ** 2)))).toMatch(
      /^StorageUnavailable: Bucket backups answered with a policy that is not valid\. Read it: .{1,100}$/,
    );
  });

  test('with one statement, or several', async () => {
    const one = { Sid: 'A', Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } };
    for (const Statement of [one, [one]])
      expect(await settingsWith(JSON.stringify({ Statement }))).toMatchObject({ policy: [one] });
  });
});

/** aws: an input or output of Step Functions has 256 KiB. */
test.each(EACH)('a history in which an input or an output is %s', (_, text) => {
  const json = text(262_144);
  expect(() => jsonOf(json)).not.toThrow();
  const course = new ExecutionCourse(() => undefined);
  const entered = { name: 'ReportSuccess', input: json };
  course.take({ id: 1, timestamp: undefined, type: 'TaskStateEntered', stateEnteredEventDetails: entered });
  const failed = { error: 'E', cause: json };
  course.take({
    id: 2,
    previousEventId: 1,
    timestamp: undefined,
    type: 'TaskFailed',
    taskFailedEventDetails: failed as never,
  });
  const exited = { name: 'ReportSuccess', output: json };
  course.take({
    id: 3,
    previousEventId: 2,
    timestamp: undefined,
    type: 'TaskStateExited',
    stateExitedEventDetails: exited,
  });
  course.take({
    id: 4,
    timestamp: undefined,
    type: 'ExecutionSucceeded',
    executionSucceededEventDetails: { output: json },
  });
  expect(course.ended).toMatchObject({ status: 'SUCCEEDED', report: undefined });
  expect(endOf({ status: 'SUCCEEDED', output: json } as never)).toMatchObject({ status: 'SUCCEEDED' });
});
