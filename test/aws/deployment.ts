import { join } from 'node:path';
import { GetBucketEncryptionCommand, S3Client } from '@aws-sdk/client-s3';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { type MachineName, machineNames } from '../../lib/base/machine-names.ts';
import type { SimulatedManagerOptions } from '../../simulator/manager/options.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { notSoon } from '../support/not-soon.ts';
import { call, cdk } from './call.ts';
import { type Assembly, bootstrap, deploy, today } from './deploy.ts';
import { ACCOUNT, type Emulator, REGION, startEmulator } from './emulator.ts';
import { type Reader, subscribe } from './reader.ts';

/** Of the Object Lock: the least that there is. */
export const LOCK_DAYS = 1;

/** The configuration of the installation: as a user would write it. */
export const config = {
  managers: [
    { id: 'prod', schedule: notSoon(), timeZone: 'Europe/Berlin', keepOnManager: 1 },
    { id: 'standby', schedule: null, drillTarget: true, restoreFrom: ['prod'] },
  ],
  notifications: { emails: ['backup@example.com'] },
  storage: { objectLock: { days: LOCK_DAYS } },
};

/** Of both managers: nothing that anybody writes may hold it. */
export const PASSWORD = 'correct-horse-battery-staple';

/** How an execution ended, and the names of its states in the order in which they were entered. */
export interface Ended {
  readonly executionArn: string;
  readonly status: string;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly output: unknown;
  readonly input: string;
  readonly states: readonly string[];
  /** The whole history, as text. */
  readonly history: string;
}

interface Allowed {
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A stack, by default that of this repository, deployed by the CDK to an emulated AWS, with two managers and a subscriber. */
export class Deployment {
  readonly emulator: Emulator;
  readonly managers: { readonly prod: SimulatedManager; readonly standby: SimulatedManager };
  readonly bucket: string;
  readonly reader: Reader;
  readonly s3: S3Client;
  readonly sfn: SFNClient;
  readonly #secrets: SecretsManagerClient;

  private constructor(parts: Pick<Deployment, 'emulator' | 'managers' | 'bucket' | 'reader'>) {
    this.emulator = parts.emulator;
    this.managers = parts.managers;
    this.bucket = parts.bucket;
    this.reader = parts.reader;
    this.s3 = new S3Client(parts.emulator.client);
    this.sfn = new SFNClient(parts.emulator.client);
    this.#secrets = new SecretsManagerClient(parts.emulator.client);
  }

  static async start(assembly: Assembly = today(config)): Promise<Deployment> {
    const emulator = await startEmulator({ mended: true });
    try {
      const app = await assembly(emulator);
      await bootstrap(emulator, app);
      const { BucketName, TopicArn } = await deploy(emulator, app);
      const prod = await startManager({ archive: { sizeBytes: 40_000_000, seed: 7 } });
      const standby = await startManager({ holds: 'nothing', restoreSeconds: 3, requestsCaBundle: emulator.caPem });
      const reader = await subscribe(new SNSClient(emulator.client), TopicArn);
      return new Deployment({ emulator, managers: { prod, standby }, reader, bucket: BucketName });
    } catch (error) {
      await emulator.stop();
      throw error;
    }
  }

  async storeSecret(manager: 'prod' | 'standby', fields: object = {}): Promise<void> {
    const { urls, username, password } = this.managers[manager];
    const SecretString = JSON.stringify({ endpoints: urls, username, password, ...fields });
    await this.#secrets.send(new PutSecretValueCommand({ SecretId: `offsite/managers/${manager}`, SecretString }));
  }

  /** Starts an execution and waits for its end. `seen` is called again and again with the states that it has entered. */
  async run(machine: MachineName, input: object, seen?: Seen): Promise<Ended> {
    const stateMachineArn = machineArn(machine);
    const started = await this.sfn.send(new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }));
    return await this.end(started.executionArn ?? '', seen);
  }

  async end(executionArn: string, seen?: Seen): Promise<Ended> {
    for (;;) {
      if (seen) seen(statesOf(await this.#events(executionArn)));
      const { status, error, cause, input, output } = await this.sfn.send(
        new DescribeExecutionCommand({ executionArn }),
      );
      if (status !== 'RUNNING') {
        const events = await this.#events(executionArn);
        const rest = { states: statesOf(events), history: JSON.stringify(events), input: input ?? '' };
        return { executionArn, status: status ?? '', error, cause, output: JSON.parse(output ?? 'null'), ...rest };
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async executions(machine: MachineName) {
    const { executions } = await this.sfn.send(new ListExecutionsCommand({ stateMachineArn: machineArn(machine) }));
    return executions ?? [];
  }

  /** Of all executions so far, as text. */
  async histories(): Promise<string> {
    const all = await Promise.all(machineNames.map((name) => this.executions(name)));
    const events = all.flat().map(({ executionArn }) => this.#events(executionArn ?? ''));
    return JSON.stringify(await Promise.all(events));
  }

  async #events(executionArn: string) {
    const { events } = await this.sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
    return events ?? [];
  }

  async roleOf(FunctionName: string): Promise<string> {
    const { Role } = await call(this.emulator, 'lambda', 'GetFunctionConfiguration', { FunctionName });
    return Role.split('/').at(-1);
  }

  /** A new user who may do what the statements say. */
  async user(UserName: string, Statement: readonly Allowed[]): Promise<Credentials> {
    const PolicyDocument = JSON.stringify({ Statement: Statement.map((one) => ({ Effect: 'Allow', ...one })) });
    await call(this.emulator, 'iam', 'CreateUser', { UserName });
    await call(this.emulator, 'iam', 'PutUserPolicy', { UserName, PolicyName: 'allowed', PolicyDocument });
    const { AccessKey } = await call(this.emulator, 'iam', 'CreateAccessKey', { UserName });
    return { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey };
  }

  configFile(): string {
    return join(this.emulator.dir, 'offsite.json');
  }

  /** To which all functions write. */
  async logGroup(): Promise<string> {
    const FunctionName = 'offsite-find-manager';
    const { LoggingConfig } = await call(this.emulator, 'lambda', 'GetFunctionConfiguration', { FunctionName });
    return LoggingConfig.LogGroup;
  }

  /** How the bucket encrypts what nobody says anything about. */
  async encryption() {
    const asked = new GetBucketEncryptionCommand({ Bucket: this.bucket });
    const { ServerSideEncryptionConfiguration } = await this.s3.send(asked);
    const { ApplyServerSideEncryptionByDefault } = ServerSideEncryptionConfiguration?.Rules?.[0] ?? {};
    return ApplyServerSideEncryptionByDefault ?? { KMSMasterKeyID: 'none' };
  }

  async cdk(command: string, ...parameters: string[]): Promise<string> {
    return await cdk(this.emulator, command, '--app', join(this.emulator.dir, 'cdk.out'), ...parameters);
  }

  async stop(): Promise<void> {
    await Promise.all([this.reader.close(), this.managers.prod.close(), this.managers.standby.close()]);
    await this.emulator.stop();
  }
}

type Seen = (states: readonly string[]) => void;

function statesOf(events: readonly HistoryEvent[]): string[] {
  return events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
}

function machineArn(machine: MachineName): string {
  return `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:offsite-${machine}`;
}

async function startManager(options: SimulatedManagerOptions): Promise<SimulatedManager> {
  return await startSimulatedManager({ password: PASSWORD, createSeconds: 2, ...options });
}
