import { InvalidConfiguration } from '../../base/errors.ts';

/** Of any client of the SDK: where it finds region and credentials. */
interface Client {
  readonly config: { readonly region: () => Promise<unknown>; readonly credentials: () => Promise<unknown> };
}

/**
 * Region and credentials as for any AWS tool; what is missing is said before anything is started. Throws
 * `InvalidConfiguration`.
 */
export async function findAccess(client: Client): Promise<void> {
  try {
    await client.config.region();
  } catch {
    throw new InvalidConfiguration(
      'No AWS region is set: set AWS_REGION, for another store to any, e.g. us-east-1. Archives in a folder need none: --local --from DIR.',
    );
  }
  try {
    await client.config.credentials();
  } catch (error) {
    // A login that has run out says how to renew it; "could not load" says nothing that is not here.
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
    const why = /expired|sso|login/i.test(reason) ? ` (${reason})` : '';
    throw new InvalidConfiguration(
      `No AWS credentials are found${why}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.`,
    );
  }
}
