import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { startEmulator } from '../aws/emulator.ts';
import install from '../aws/install.ts';
import { Refused, type Wanted } from './wanted.ts';

/** Where everything is done. */
export interface Account {
  readonly id: string;
  readonly region: string;
  readonly isEmulator: boolean;
  /** Of any client of the AWS SDK. */
  readonly client: object;
  /** Of the programs that are started. */
  readonly env: NodeJS.ProcessEnv;
  /** The CA of an emulator's own certificate. */
  readonly caFile: string | undefined;
  /** Between two looks at what takes time. */
  readonly lookMs: number;
  /** The address of an object, as CloudFormation takes templates. */
  urlOf(bucket: string, key: string): string;
  stop(): Promise<void>;
}

/** Throws `Refused` if the credentials are of another account than the one that was named. */
export async function openAccount(wanted: Wanted): Promise<Account> {
  return wanted.isEmulator ? await emulated(wanted) : await real(wanted);
}

async function real({ account, region, profile = 'default' }: Wanted): Promise<Account> {
  const client = { region, profile, maxAttempts: 5 };
  const { Account: own } = await new STSClient(client).send(new GetCallerIdentityCommand({})).catch((error) => {
    throw new Refused(`The credentials of profile ${profile} cannot be used: ${error.message}`);
  });
  if (own !== account)
    throw new Refused(`Profile ${profile} is of account ${own}, not of ${account}. Nothing was done.`);
  const env: NodeJS.ProcessEnv = { ...process.env, AWS_PROFILE: profile, AWS_REGION: region };
  return {
    ...{ id: account, region, isEmulator: false, client, env, caFile: undefined, lookMs: 5000 },
    urlOf: (bucket, key) => `https://s3.${region}.amazonaws.com/${bucket}/${key}`,
    stop: async () => {},
  };
}

/** Functions of the emulator are processes of this machine, and so are the managers. */
async function emulated({ account: id, region }: Wanted): Promise<Account> {
  const there = process.env['AWS_ENDPOINT_URL'];
  if (there !== undefined && !/^https:\/\/127\.0\.0\.1:\d+$/.test(there))
    throw new Refused(`AWS_ENDPOINT_URL=${there} is no emulator on this machine.`);
  const shared = { id, region, isEmulator: true, lookMs: 200 };
  const within = (endpoint: string) => (bucket: string, key: string) => `${endpoint}/${bucket}/${key}`;
  if (there !== undefined) {
    const caFile = process.env['NODE_EXTRA_CA_CERTS'];
    return { ...shared, client: { region }, env: process.env, caFile, urlOf: within(there), stop: async () => {} };
  }
  await install();
  const { client, env, endpoint, stop } = await startEmulator({ mended: true });
  const caFile = env['NODE_EXTRA_CA_CERTS'];
  return { ...shared, client: { ...client, maxAttempts: 3 }, env, caFile, urlOf: within(endpoint), stop };
}
