import { stringify } from 'yaml';
import { defined } from '../../../base/defined.ts';
import { InvalidConfiguration } from '../../../base/errors.ts';
import { cronTimes } from './cron-line.ts';
import type { Job } from './jobs.ts';
import { type PodOptions, podOf, volumeClaims } from './pod.ts';

export interface KubernetesOptions extends PodOptions {
  readonly namespace: string | undefined;
  readonly now: Date;
}

/** Names of CronJobs, to which Kubernetes adds 11 characters (its limit is 63). */
const MOST_NAME = 52;

/** One file with a claim for each volume and a CronJob for each job. Throws `RangeError` for a schedule. */
export function kubernetesManifests(jobs: readonly Job[], options: KubernetesOptions): Map<string, string> {
  refuseCommands(options);
  const documents = [...volumeClaims(options), ...jobs.map((job) => cronJob(job, options))];
  const metadata = defined({ namespace: options.namespace });
  const texts = documents.map((one) =>
    stringify({ ...one, metadata: { ...one.metadata, ...metadata } }, { aliasDuplicateObjects: false, lineWidth: 0 }),
  );
  return new Map([['offsite.yaml', `${headOf(options)}${texts.join('---\n')}`]]);
}

function cronJob(job: Job, options: KubernetesOptions) {
  const { fields, timeZone, onlyOn } = cronTimes(job.expression, job.timeZone, options.now);
  if (onlyOn !== undefined) throw new RangeError('a CronJob cannot say # (the nth weekday of a month)');
  const name = `offsite-${job.name}`;
  if (name.length > MOST_NAME)
    throw new RangeError(`a CronJob of the name ${name} is too long: ${MOST_NAME} characters are the most`);
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name, labels: LABELS, annotations: { description: job.description } },
    spec: {
      schedule: fields,
      timeZone,
      concurrencyPolicy: 'Forbid',
      // A run that could not be started within 12 h has missed its day, as in AWS.
      startingDeadlineSeconds: 43_200,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 3,
      jobTemplate: {
        metadata: { labels: LABELS },
        spec: {
          // The steps try again by themselves; a new pod would only begin anew.
          backoffLimit: 0,
          activeDeadlineSeconds: job.limitSeconds,
          template: { metadata: { labels: LABELS }, spec: podOf(job, options) },
        },
      },
    },
  };
}

const LABELS = { 'app.kubernetes.io/name': 'offsite' };

/** An image has none of these programs, and files of a ConfigMap can be written by all. */
function refuseCommands({ config }: KubernetesOptions): void {
  for (const { id, local } of config.managers) {
    if (!local) continue;
    const command = (['passwordCommand', 'tokenCommand'] as const).find((field) => local[field] !== undefined);
    if (command)
      throw new InvalidConfiguration(
        `managers.${id}.local.${command} cannot be run in a pod: name a file or a variable instead.`,
      );
  }
}

function headOf(options: KubernetesOptions): string {
  const files = podFilesText(options);
  return `# Made by "offsite schedule --kubernetes". Create these first, in the same namespace:
#   kubectl create configmap offsite --from-file=offsite.json
${files}#   kubectl create secret generic offsite-environment --from-env-file=FILE   (credentials of AWS and variables; optional)
`;
}

function podFilesText({ files }: KubernetesOptions): string {
  if (files.length === 0) return '';
  const names = files.map(({ key, from }) => `--from-file=${key}=${from}`).join(' ');
  return `#   kubectl create secret generic offsite-files ${names}\n`;
}
