import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalS3 } from '../../folder-s3/server.ts';
import type { MachineName } from '../../lib/base/machine-names.ts';
import type { StepName } from '../../lib/base/step-names.ts';
import { bundleFunctions } from '../../lib/cdk/bundle.ts';
import { defaultRules } from '../../lib/config/manager-rules.ts';
import type { StepHandler } from '../../lib/local/handlers.ts';
import { startMachine } from '../../lib/local/machine.ts';
import { loadMachine } from '../../lib/workflow/definition.ts';
import { steps } from '../../lib/workflow/steps.ts';
import { bundlePrograms } from '../bundle.ts';
import { BUCKET } from '../growth-records.ts';
import { median } from '../measure.ts';
import { whyNoLimits } from './cgroup.ts';
import { EXECUTION, otherServices } from './other-services.ts';
import { type StepMeasured, stepProcesses } from './step-processes.ts';

export interface GrownStore {
  /** The folder of the embedded S3. */
  readonly dir: string;
  readonly manager: string;
  /** Of a simulated manager. */
  readonly url: string;
  /** The key that has signed what is in the folder. */
  readonly pem: string;
  readonly rounds: number;
}

/** All machines that read more than one archive, those of other managers included; none changes what the next one reads. */
const courses = (manager: string): readonly (readonly [MachineName, object])[] => [
  ['export', { manager }],
  ['verify', { manager, archive: 'latest' }],
  ['restore', { manager, dryRun: true }],
  ['reconcile', { manager }],
  ['digest', {}],
];

/**
 * Runs the state machines beside many archives, each step as a process as narrow as its function, against a store that is
 * another process, and gives a line for each step: medians of the rounds.
 */
export async function besideArchives({ dir, manager, url, pem, rounds }: GrownStore): Promise<string[]> {
  const home = await mkdtemp(join(tmpdir(), 'offsite-steps-'));
  const functions = bundleFunctions(CONFIG);
  const store = await startLocalS3({ dir });
  try {
    await bundlePrograms(home, ['lambda/invoke.ts']);
    const secret = JSON.stringify({ endpoints: [url], username: 'admin', password: 'admin' });
    const services = await otherServices({ secret, pem });
    const isLimited = whyNoLimits() === undefined;
    const invoke = join(home, 'invoke.mjs');
    const deployed = { functions, invoke, dir: home, store, services, bucket: BUCKET, isLimited };
    const measured: StepMeasured[] = [];
    const failures: string[] = [];
    for (let round = 0; round < rounds; round++)
      for (const [machine, input] of courses(manager))
        failures.push(
          ...(await run(
            machine,
            input,
            stepProcesses(deployed, (one) => measured.push(one)),
          )),
        );
    return [...[...Map.groupBy(measured, ({ step }) => step)].map(([step, all]) => lineOf(step, all)), ...failures];
  } finally {
    await store.close();
    for (const folder of [home, functions]) await rm(folder, { recursive: true, force: true });
  }
}

const CONFIG = {
  name: 'bench',
  managers: {},
  others: { ...defaultRules, keepOnManager: 2, snapshotDeadlineSeconds: 43_200 },
  secrets: {},
  groups: {},
};

/** Gives a sentence when it failed. */
async function run(machine: MachineName, input: object, handlers: Record<StepName, StepHandler>): Promise<string[]> {
  const executionId = `${EXECUTION}bench-${machine}:${Date.now()}`;
  const sleep = async () => undefined;
  const outcome = await startMachine(loadMachine(machine), { executionId, input, handlers, sleep }).result;
  return outcome.status === 'FAILED' ? [`${machine} failed, ${outcome.error}: ${outcome.cause}`] : [];
}

function lineOf(step: StepName, all: readonly StepMeasured[]): string {
  const of = (value: (one: StepMeasured) => number) => median(all.map(value));
  const { timeoutSeconds, memoryMB } = steps[step];
  const times = `${of((one) => one.seconds).toFixed(1)} s of ${timeoutSeconds}, ${of((one) => one.cpuSeconds).toFixed(1)} CPU s`;
  const group = of((one) => one.peakGroup ?? 0);
  const held = `${megabytes(of((one) => one.peakRss))} MB${group ? `, its group ${megabytes(group)}` : ''}`;
  const { lists, reads, writes } = {
    lists: of(({ requests }) => requests.lists),
    reads: of(({ requests }) => requests.reads),
    writes: of(({ requests }) => requests.writes),
  };
  return `${step}: ${times}, ${held}, function ${memoryMB} MB, ${lists} lists, ${reads} reads, ${writes} writes`;
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(0);
