import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { type LocalS3, startLocalS3 } from '../../folder-s3/server.ts';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import type { MachineName } from '../../lib/base/machine-names.ts';
import { Redactor } from '../../lib/base/redact.ts';
import type { Settings } from '../../lib/base/settings.ts';
import type { StepName } from '../../lib/base/step-names.ts';
import { stepNames } from '../../lib/base/step-names.ts';
import { Manifest, RunRecord } from '../../lib/catalogue/records.ts';
import type { RunReport } from '../../lib/export/contract.ts';
import { type LocalParts, localDeps } from '../../lib/local/deps.ts';
import { beginExecution, endExecution } from '../../lib/local/executions.ts';
import { handlersOf, type StepHandler } from '../../lib/local/handlers.ts';
import { startMachine } from '../../lib/local/machine.ts';
import { begunAt } from '../../lib/local/run.ts';
import type { ManagerSecretFields } from '../../lib/manager/secret.ts';
import { s3Client } from '../../lib/storage/s3-client.ts';
import { type Definition, loadMachine, type MachineEvent } from '../../lib/workflow/definition.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { canary } from './canary.ts';
import { VirtualClock } from './clock.ts';
import { checkInvariants } from './invariants.ts';
import { putBack } from './kept-world.ts';
import { fromState, givenInput } from './redrive.ts';
import { memoryDisk } from './run-folder.ts';
import { worldSealing } from './signing.ts';
import { VirtualRun } from './virtual-run.ts';
import { KiB, type RunOptions, type RunResult, smallSettings, type WorldOptions } from './world-options.ts';

export { impatient, type RunOptions, type RunResult, smallSettings, type WorldOptions } from './world-options.ts';

/** A manager, a store and a state machine, joined by real sockets, in virtual time. */
export class World {
  readonly clock: VirtualClock;
  readonly bucket = 'offsite';
  readonly manager: SimulatedManager;
  readonly s3: LocalS3;
  readonly client: S3Client;
  readonly dir: string;
  readonly secret: ManagerSecretFields;
  readonly settings: Partial<Settings>;
  readonly pinsVersions: boolean;
  readonly logs: string[] = [];
  /** The snapshot that the latest run was to make. */
  snapshotOfRun = '';
  #run: VirtualRun | undefined;

  constructor(parts: {
    clock: VirtualClock;
    manager: SimulatedManager;
    s3: LocalS3;
    dir: string;
    options: WorldOptions;
  }) {
    this.clock = parts.clock;
    this.manager = parts.manager;
    this.s3 = parts.s3;
    this.dir = parts.dir;
    this.settings = { ...smallSettings, ...parts.options.settings };
    this.pinsVersions = parts.options.pinsVersions ?? true;
    this.client = s3Client({ ...parts.s3.access, endpoint: parts.s3.url, maxAttempts: 1 });
    this.secret = {
      endpoints: [...parts.manager.urls],
      username: 'admin',
      password: canary.password,
      ...(parts.manager.caPem ? { ca: parts.manager.caPem } : {}),
      ...parts.options.secret,
    };
  }

  static async start(options: WorldOptions = {}): Promise<World> {
    const clock = options.clock ?? new VirtualClock();
    const dir = await mkdtemp(join(memoryDisk(), 'offsite-world-'));
    const { kept, stored = kept?.dir } = options;
    if (stored !== undefined) await cp(stored, dir, { recursive: true, preserveTimestamps: true });
    if (kept) clock.advance((kept.at - clock.now().getTime()) / 1000);
    const { password, databasePassword, brokerPassword } = canary;
    const manager = await startSimulatedManager({
      now: clock.now,
      archive: { sizeBytes: 200_000, seed: 7 },
      ...{ password, databasePassword, brokerPassword },
      ...options.manager,
    });
    const s3 = await startLocalS3({
      access: { accessKeyId: 'local', secretAccessKey: 'local' },
      dir,
      now: clock.now,
      minPartSize: options.minPartSize ?? KiB,
    });
    const world = new World({ clock, manager, s3, dir, options });
    if (stored === undefined) await world.client.send(new CreateBucketCommand({ Bucket: world.bucket }));
    if (kept) {
      putBack(manager, kept);
      world.snapshotOfRun = kept.runs.at(-1) ?? '';
    }
    return world;
  }

  /** One execution of a machine, to its end or its kill. */
  async run(options: RunOptions = {}): Promise<RunResult> {
    const { redrive } = options;
    const flow = options.definition ?? definitionOf(options.machine ?? 'export');
    const definition = redrive ? fromState(flow, redrive.state) : flow;
    const execution = redrive?.execution ?? beginExecution();
    const startTime = redrive?.startedAt ?? this.clock.now().toISOString();
    const stop = new AbortController();
    const published: { subject: string; body: Record<string, unknown> }[] = [];
    const note = async (subject: string, body: Record<string, unknown>) => void published.push({ subject, body });
    const publish = async (subject: string, body: Record<string, unknown>) => {
      await (options.publish ?? note)(subject, body);
      return undefined;
    };
    const notifier = options.notifier ?? { publish };
    const steps = this.#handlers(options.processes ?? 'one', {
      ...this.parts(stop.signal),
      ...options.parts,
      notifier,
    });
    const handlers = redrive ? givenInput(redrive.input, steps.handlers) : steps.handlers;
    const events: MachineEvent[] = [];
    let machine: ReturnType<typeof startMachine> | undefined;
    const run = new VirtualRun(definition, this.clock, options, () => {
      machine?.abort();
      stop.abort();
    });
    const outer = { run: this.#run, snapshot: this.snapshotOfRun };
    this.#run = run;
    const scheduledTime = options.scheduledTime ?? this.clock.now().toISOString();
    this.snapshotOfRun = snapshotIdAt(new Date(scheduledTime));
    try {
      machine = startMachine(definition, {
        executionId: execution,
        input: redrive?.entered ?? ('input' in options ? options.input : { manager: 'm1', scheduledTime }),
        // The interpreter's own start time is the wall clock's.
        handlers: run.wrap(begunAt(startTime, handlers) as typeof steps.handlers),
        onEvent: (event) => events.push(event),
        overrides: {
          waitTimeOverrides: { WaitForSnapshot: 0, WaitForRestore: 0, WaitForApproval: 0 },
        },
      });
      const outcome = await machine.result;
      await run.end();
      const report = published.at(-1)?.body as RunReport | undefined;
      const output = JSON.stringify([outcome, events.map(readable), published]);
      return { execution, outcome, report, events, published, output };
    } finally {
      endExecution(execution);
      await steps.close();
      if (outer.run?.isOver === false) [this.#run, this.snapshotOfRun] = [outer.run, outer.snapshot];
    }
  }

  /** The step that is at work: faults can be confined to it. */
  get step(): StepName | undefined {
    return this.#run?.step;
  }

  /** Ends the run that is under way as `kill -9` would. */
  kill(): void {
    this.#run?.kill();
  }

  #handlers(processes: 'one' | 'each', parts: LocalParts) {
    const all = (processes === 'one' ? [undefined] : stepNames).map((only) => {
      const deps = localDeps(processes === 'one' ? parts : { ...parts, redactor: new Redactor() });
      const handlers = handlersOf(deps);
      return { deps, handlers: only ? { [only]: handlers[only] } : handlers };
    });
    return {
      handlers: Object.assign({}, ...all.map((one) => one.handlers)) as Record<StepName, StepHandler>,
      close: async () => void (await Promise.all(all.map((one) => one.deps.close()))),
    };
  }

  parts(signal: AbortSignal): LocalParts {
    const write = (message: string, facts?: unknown) =>
      void this.logs.push(`${message} ${JSON.stringify(facts ?? {})}`);
    return {
      secret: this.secret,
      s3: this.client,
      bucket: this.bucket,
      sealing: worldSealing,
      pinsVersions: this.pinsVersions,
      signal,
      settings: this.settings,
      clock: this.clock,
      log: { info: write, warn: write, error: write },
      redactor: new Redactor(),
    };
  }

  /** The id of the snapshot that an export scheduled now makes. */
  get snapshotNow(): string {
    return snapshotIdAt(this.clock.now());
  }

  /** The next night. */
  sleepTillTomorrow(): void {
    this.clock.advance(24 * 3600);
  }

  async checkInvariants(results: readonly RunResult[]): Promise<void> {
    await checkInvariants(this, results);
  }

  async manifests(): Promise<Manifest[]> {
    const keys = await this.files('manifests');
    return await Promise.all(keys.map(async (key) => Manifest.parse(JSON.parse(await this.text(key)))));
  }

  /** The record of a night's run; undefined when no execution got so far. */
  async runRecord(snapshot: string): Promise<RunRecord | undefined> {
    const text = await this.text(`runs/m1/${snapshot}.json`).catch(() => undefined);
    return text === undefined ? undefined : RunRecord.parse(JSON.parse(text));
  }

  /** Keys of the plain files below a folder of the bucket. */
  async files(folder: string): Promise<string[]> {
    const root = join(this.dir, this.bucket);
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
    return entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name).slice(root.length + 1));
  }

  /** Puts an object there as somebody else would. */
  async put(key: string, text: string): Promise<void> {
    await this.client.send(new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: text }));
  }

  async bytes(key: string): Promise<Buffer> {
    return await readFile(join(this.dir, this.bucket, key));
  }

  async text(key: string): Promise<string> {
    return (await this.bytes(key)).toString('utf8');
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await Promise.all([this.manager.close(), this.s3.close()]);
    await rm(this.dir, { recursive: true, force: true });
  }
}

const machines = new Map<MachineName, Definition>();

/** Read once: the interpreter checks every definition that it sees for the first time. */
function definitionOf(name: MachineName): Definition {
  const machine = machines.get(name) ?? loadMachine(name);
  machines.set(name, machine);
  return machine;
}

function readable(event: MachineEvent): unknown {
  const { Cause } = event;
  return Cause instanceof Error ? { ...event, Cause: `${Cause.name}: ${Cause.message}` } : event;
}
