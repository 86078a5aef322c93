import { setTimeout as sleep } from 'node:timers/promises';
import type { StackResourceSummary } from '@aws-sdk/client-cloudformation';
import {
  AbortMultipartUploadCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectsCommand,
  type DeleteObjectsCommandInput,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { Account } from './account.ts';
import { Stacks } from './stacks.ts';

/** Logs of access arrive hours late, and interfaces of functions go late: then a stack is not removed at once. */
const ROUNDS = 6;

/**
 * Removes the stacks of a run with everything in them. Gives what is left: nothing, or what a person has to look at. May be
 * called at any time, and again.
 */
export async function tearDown(account: Account, name: string, say: (text: string) => void): Promise<string[]> {
  const stacks = new Stacks(account);
  const left: string[] = [];
  for (const stack of [name, `${name}-site`]) {
    if (!(await removed(account, stacks, stack, say))) left.push(`stack ${stack}`);
  }
  return left;
}

async function removed(account: Account, stacks: Stacks, stack: string, say: (text: string) => void): Promise<boolean> {
  for (let round = 1; round <= ROUNDS; round++) {
    if ((await stacks.find(stack)) === undefined) return true;
    try {
      for (const bucket of bucketsOf(await stacks.resources(stack))) {
        await empty(account, bucket).catch((error: Error) => {
          if (error.name !== 'NoSuchBucket') throw error;
        });
      }
      if (await stacks.remove(stack)) {
        say(`stack ${stack} is gone`);
        return true;
      }
      say(`stack ${stack} is not gone yet, trying again`);
    } catch (error) {
      say(`stack ${stack} is not gone yet: ${error instanceof Error ? error.message : String(error)}`);
    }
    await sleep(6 * account.lookMs);
  }
  return false;
}

function bucketsOf(resources: readonly StackResourceSummary[]): string[] {
  return resources.flatMap(({ ResourceType, PhysicalResourceId }) =>
    ResourceType === 'AWS::S3::Bucket' && PhysicalResourceId ? [PhysicalResourceId] : [],
  );
}

/** The policy first: it lets nobody but certain functions delete some of the records. */
async function empty({ client }: Account, Bucket: string): Promise<void> {
  const s3 = new S3Client(client);
  await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  for (;;) {
    const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key: Key ?? '', VersionId }));
    if (Objects.length === 0) break;
    const asked = { Bucket, BypassGovernanceRetention: true, Delete: { Objects, Quiet: true } };
    const { Errors = [] } = await s3.send(new DeleteObjectsCommand(asked as DeleteObjectsCommandInput));
    const [first] = Errors;
    if (first) throw new Error(`${Errors.length} objects of ${Bucket} stay, such as ${first.Key}: ${first.Message}`);
  }
  const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
  for (const { Key, UploadId } of Uploads ?? []) {
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
  }
}
