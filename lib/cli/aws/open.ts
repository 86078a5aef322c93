import { partsOfArn } from '../../installation/arns.ts';
import {
  DEFAULT_INSTALLATION,
  findInstallation,
  type Installation,
  installationOf,
} from '../../installation/find-installation.ts';
import { StepFunctions, sfnClient } from '../../installation/step-functions.ts';
import { ArchiveBucket } from '../../storage/archive-bucket.ts';
import { s3Client } from '../../storage/s3-client.ts';
import { findAccess } from '../inputs/aws-access.ts';
import { type BandwidthOptions, ratesFrom } from '../inputs/bandwidth.ts';
import { networkOf } from '../inputs/network.ts';
import { type SigningOptions, sealingOf } from '../inputs/signing.ts';
import type { Storage } from '../inputs/storage.ts';
import { type Terminal, UsageError } from '../usage.ts';

/** An installation in AWS and the connections to it. */
export interface Deployed {
  readonly installation: Installation;
  readonly sfn: StepFunctions;
  readonly storage: Storage;
  readonly archive: ArchiveBucket;
  close(): void;
}

/** What a command that follows an execution works with. */
export interface Around {
  readonly aws: Deployed;
  readonly json: boolean;
  readonly terminal: Terminal;
}

export interface InstallationOptions extends SigningOptions, BandwidthOptions {
  readonly installation?: string | undefined;
}

/** State machines of these names must fit into 80 characters, and `-restore` is added. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$/;

/**
 * Finds what is deployed, by its name, or as the ARN of an execution says it, which may be in another region than the
 * environment's. Throws `InvalidConfiguration` without region or credentials, `InstallationNotFound`, `AwsRefused`,
 * `AwsUnavailable`.
 */
export async function openInstallation(
  given: InstallationOptions,
  terminal: Terminal,
  executionArn?: string,
): Promise<Deployed> {
  const { installation: name = DEFAULT_INSTALLATION } = given;
  const { interrupt } = terminal;
  if (!NAME.test(name)) {
    throw new UsageError(`--installation ${name}: must be 1-60 letters, digits, "-" or "_".`);
  }
  const region = executionArn === undefined ? undefined : partsOfArn(executionArn)?.region;
  const network = await networkOf(terminal);
  const client = sfnClient(region, network);
  try {
    await findAccess(client);
    const sfn = new StepFunctions(client, interrupt);
    const find = executionArn === undefined ? findInstallation(name, sfn) : installationOf(executionArn, sfn);
    const installation = await find;
    const s3 = s3Client({ network, ...(region === undefined ? {} : { region }) });
    const close = () => {
      client.destroy();
      s3.destroy();
    };
    const { bucket } = installation;
    const sealing = await sealingOf(
      given,
      { place: `s3://${bucket}`, writes: false, installation: installation.name },
      terminal,
    );
    const storage = {
      s3,
      bucket,
      place: `s3://${bucket}`,
      isForeign: false,
      isFolder: false,
      sealing,
      close: async () => close(),
    };
    const { read: pace } = await ratesFrom(given, terminal);
    return { installation, sfn, storage, archive: new ArchiveBucket(s3, bucket, interrupt, sealing, { pace }), close };
  } catch (error) {
    client.destroy();
    throw error;
  }
}
