import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Operation } from '../../folder-s3/http/request.ts';
import type { LocalS3 } from '../../folder-s3/server.ts';
import type { StepName } from '../../lib/base/step-names.ts';
import { stepNames } from '../../lib/base/step-names.ts';
import type { StepHandler } from '../../lib/local/handlers.ts';
import { fileOf, steps } from '../../lib/workflow/steps.ts';
import { type Measured, measure, measureWithin } from '../measure.ts';

export interface StepMeasured extends Measured {
  readonly step: StepName;
  readonly requests: Requests;
}

/** To the store, of one call. */
export interface Requests {
  readonly lists: number;
  readonly reads: number;
  readonly writes: number;
}

export interface Deployed {
  /** Of the bundled functions. */
  readonly functions: string;
  /** The bundled `invoke.ts`. */
  readonly invoke: string;
  /** A folder for events and replies. */
  readonly dir: string;
  readonly store: LocalS3;
  /** The address of what functions ask beside S3. */
  readonly services: string;
  readonly bucket: string;
  /** Whether there are control groups. */
  readonly isLimited: boolean;
}

/** Each step as a process of its own, as narrow as its function, told to `onMeasured` when it has ended. */
export function stepProcesses(
  deployed: Deployed,
  onMeasured: (measured: StepMeasured) => void,
): Record<StepName, StepHandler> {
  return Object.fromEntries(
    stepNames.map((step) => [
      step,
      async (event: unknown) => {
        const { answer, measured } = await invoke(step, event, deployed);
        onMeasured(measured);
        if (answer.error) throw Object.assign(new Error(answer.error.message), { name: answer.error.name });
        return answer.output;
      },
    ]),
  ) as Record<StepName, StepHandler>;
}

/** As `invoke.ts` writes it. */
interface Answer {
  readonly output?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
  readonly peakRss: number;
}

async function invoke(step: StepName, event: unknown, { functions, invoke: program, dir, store, ...rest }: Deployed) {
  const [asked, reply] = [join(dir, 'event.json'), join(dir, 'reply.json')];
  writeFileSync(asked, JSON.stringify(event));
  const code = join(functions, `${fileOf(step)}.mjs`);
  const { memoryMB } = steps[step];
  const command = `'${process.execPath}' ${heapOf(memoryMB)} ${program} ${code} ${asked} ${reply}`;
  const env = environmentOf(step, { functions, store, ...rest });
  const before = requestsTo(store);
  const running = rest.isLimited ? measureWithin(memoryMB, command, env) : measure(command, env);
  const measured = await running.catch(({ message }: Error) => {
    // As Step Functions names a function that was killed: its retries are those of the state machine.
    throw Object.assign(new Error(`${step}: ${message.slice(-300)}`), { name: 'Runtime.ExitError' });
  });
  const after = requestsTo(store);
  const answer = JSON.parse(readFileSync(reply, 'utf8')) as Answer;
  const requests = {
    lists: after.lists - before.lists,
    reads: after.reads - before.reads,
    writes: after.writes - before.writes,
  };
  return { answer, measured: { ...measured, peakRss: answer.peakRss, step, requests } };
}

/** The heap that the start script of AWS's images for Node gives it: nine tenths of the memory, one for young objects. */
function heapOf(memoryMB: number): string {
  const young = Math.floor(memoryMB / 10);
  return `--expose-gc --max-semi-space-size=${Math.floor(young / 2)} --max-old-space-size=${memoryMB - young}`;
}

const OF_ACCOUNT = 'us-east-1:111122223333';

/** What the stack gives a function, and Lambda's runtime beside it. */
function environmentOf(
  step: StepName,
  { functions, store, services, bucket }: Omit<Deployed, 'dir' | 'invoke' | 'isLimited'>,
): Record<string, string> {
  const { touches, memoryMB } = steps[step];
  const { region, credentials } = store.access;
  return {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_ENDPOINT_URL: services,
    AWS_ENDPOINT_URL_S3: store.url,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMB),
    LAMBDA_TASK_ROOT: functions,
    OFFSITE_BUCKET: bucket,
    OFFSITE_CONFIG_FILE: 'offsite.json',
    OFFSITE_TOPIC_ARN: `arn:aws:sns:${OF_ACCOUNT}:offsite`,
    ...(touches.includes('records:sign') ? { OFFSITE_SIGNING_KEY_ARN: `arn:aws:kms:${OF_ACCOUNT}:key/sign` } : {}),
    ...(touches.includes('key:describe') ? { OFFSITE_ARCHIVE_KEY_ARN: `arn:aws:kms:${OF_ACCOUNT}:key/archives` } : {}),
  };
}

const LISTS: Operation[] = ['ListObjectsV2', 'ListObjectVersions', 'ListMultipartUploads', 'ListParts'];
const READS: Operation[] = ['GetObject', 'HeadObject', 'GetObjectTagging', 'GetObjectLegalHold'];
const WRITES: Operation[] = [
  ...(['PutObject', 'DeleteObject', 'DeleteObjects', 'PutObjectTagging', 'PutObjectLegalHold'] as const),
  ...(['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'AbortMultipartUpload'] as const),
];

function requestsTo(store: LocalS3): Requests {
  const all = (operations: readonly Operation[]) =>
    operations.reduce((sum, operation) => sum + store.requests(operation), 0);
  return { lists: all(LISTS), reads: all(READS), writes: all(WRITES) };
}
