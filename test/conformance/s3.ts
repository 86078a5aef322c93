import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listingBehaviours } from './s3-listings.ts';
import { multipartBehaviours } from './s3-multipart.ts';
import { objectBehaviours } from './s3-objects.ts';
import { versionBehaviours } from './s3-versions.ts';

/** A backend that the suite can run over. */
export interface S3UnderTest {
  /** Should not retry, so that the first verdict of the backend is the one that is judged. */
  readonly client: S3Client;
  /** An empty bucket with versioning enabled. */
  readonly bucket: string;
  /** Bytes that every part but the last must have. */
  readonly minPartSize: number;
  teardown(): Promise<void>;
}

/** What one behaviour works with. `prefix` is its own: behaviours share the bucket and do not meet. */
export interface Scene {
  readonly client: S3Client;
  readonly bucket: string;
  readonly prefix: string;
  readonly minPartSize: number;
}

export type Behaves = (title: string, body: (scene: Scene) => Promise<void>) => void;

/**
 * What the product relies on of an S3, as behaviours that any backend must show. Whoever doubts the embedded S3 runs
 * the same lines over another one.
 * @param gaps titles of behaviours that this backend is known not to have: it has to fail them, so that the list stays
 * true
 */
export function testS3Conformance(name: string, setup: () => Promise<S3UnderTest>, gaps: readonly string[] = []): void {
  describe(name, () => {
    let backend: S3UnderTest;
    let count = 0;
    beforeAll(async () => {
      backend = await setup();
    });
    afterAll(async () => backend?.teardown());
    const open = new Set(gaps);
    const behaves: Behaves = (title, body) => {
      const test = open.delete(title) ? it.fails : it;
      test(title, async () => {
        count += 1;
        const { client, bucket, minPartSize } = backend;
        await body({ client, bucket, minPartSize, prefix: `case-${count}` });
      });
    };
    objectBehaviours(behaves);
    versionBehaviours(behaves);
    listingBehaviours(behaves);
    multipartBehaviours(behaves);
    if (open.size > 0) throw new Error(`There is no such behaviour: ${[...open].join('; ')}.`);
  });
}

/** The verdict of a failed call: `{ code: 'NoSuchKey', status: 404 }`. Fails the test when the call succeeds. */
export async function refusal(call: Promise<unknown>): Promise<{ code: string; status: number }> {
  const error: unknown = await call.then(
    () => expect.fail('the call succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof Error) || !('$metadata' in error)) throw error;
  const { httpStatusCode } = error.$metadata as { httpStatusCode?: number };
  return { code: error.name, status: httpStatusCode ?? 0 };
}
