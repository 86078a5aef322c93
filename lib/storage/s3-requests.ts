import type { S3Client } from '@aws-sdk/client-s3';
import { storageError } from './s3-errors.ts';

/** One bucket and the signal that ends what is in flight; gives every failure its name. */
export class S3Requests {
  readonly s3: S3Client;
  readonly name: string;
  readonly signal: AbortSignal;

  constructor(s3: S3Client, name: string, signal: AbortSignal) {
    this.s3 = s3;
    this.name = name;
    this.signal = signal;
  }

  /**
   * Runs one request. `doing` completes "Bucket … could not …". `expected` turns a failure that is an answer, such as
   * "no such key", into a value. Throws `StorageUnavailable`, `StorageRefused`, `Interrupted`.
   */
  async attempt<T>(
    doing: string,
    send: (options: { abortSignal: AbortSignal }) => Promise<T>,
    expected: (error: unknown) => { value: T } | undefined = () => undefined,
  ): Promise<T> {
    try {
      return await send({ abortSignal: this.signal });
    } catch (error) {
      const answer = expected(error);
      if (answer) return answer.value;
      throw storageError(error, this.name, doing, this.signal);
    }
  }
}
