import { bytesOf } from '../../simulator/archive/tampered.ts';
import type { SimulatedManager } from '../../simulator/manager/server.ts';
import type { Origin } from './origin.ts';
import type { Entry, Recording } from './recording.ts';
import { send } from './wire.ts';

export interface ReplayWorld {
  readonly manager: SimulatedManager;
  readonly origin: Origin;
  readonly recording: Recording;
  /** The clock stands still while an exchange runs and moves on by this much after it. */
  readonly clock: { now: number; stepMs: number };
}

type Action = (world: ReplayWorld, found: RegExpExecArray) => void | Promise<void>;

const nothing: Action = () => undefined;

const burst = async ({ manager }: ReplayWorld, count: number): Promise<number[]> => {
  const call = {
    url: manager.urls[0] ?? '',
    method: 'GET',
    path: '/api/v3.1/snapshot-status',
    headers: {},
    body: Buffer.alloc(0),
  };
  const answers = await Promise.all(Array.from({ length: count }, () => send(call)));
  return answers.map(({ status }) => status);
};

const writeFixture = (world: ReplayWorld, name: string, id: string): void => {
  const bytes = name === '' ? Buffer.alloc(0) : world.recording.fixtures.get(name);
  if (bytes === undefined) throw new Error(`no fixture ${name}`);
  world.manager.state.writeFile(id, bytesOf(bytes), 0);
};

/** What each event text of the recordings means here. An event that nothing matches fails the replay. */
const ACTIONS: readonly (readonly [RegExp, Action])[] = [
  [/^the management worker service goes down$/, ({ manager }) => void manager.faults.inject('statusFail', {})],
  [
    /^the monitoring service answers 503$/,
    ({ manager }) => {
      manager.faults.clear();
      manager.faults.inject('monitoringDown', {});
    },
  ],
  [/^everything healthy again$/, ({ manager }) => manager.faults.clear()],
  [
    /^the REST service is stopped|the worker stops the REST service of its node$/,
    ({ manager }) => void Object.assign(manager.state, { isRestDown: true }),
  ],
  [
    /^the (REST service is started|worker starts the REST service again)/,
    ({ manager }) => void Object.assign(manager.state, { isRestDown: false }),
  ],
  [
    /^a user "viewer"/,
    ({ manager }) => void manager.state.addUser({ name: 'viewer', password: 'viewer', role: 'default' }),
  ],
  [
    /^a second tenant "tenant2" exists|^tenant "tenant2" and user "viewer" are made/,
    ({ manager }) => manager.state.addTenant('tenant2'),
  ],
  [
    /^the expiring token runs out$/,
    ({ manager }) => {
      for (const token of manager.state.tokens) if (token.expiresAt !== null) token.expiresAt = new Date(0);
    },
  ],
  [
    /^six more requests with a wrong password$/,
    async ({ manager }) => {
      const headers = {
        Authorization: `Basic ${Buffer.from('admin:wrong').toString('base64')}`,
        Tenant: 'default_tenant',
      };
      const call = {
        url: manager.urls[0] ?? '',
        method: 'GET',
        path: '/api/v3.1/snapshots',
        headers,
        body: Buffer.alloc(0),
      };
      for (let n = 0; n < 6; n++) await send(call);
    },
  ],
  [
    /^files on the node: (\[.*\])$/,
    ({ manager }, [, list = '']) => {
      const want = [...list.matchAll(/'snapshots\/([^/]*)\/[^/]*\.zip'/g)].map(([, id = '']) => id).sort();
      const have = [...manager.state.files.keys()].sort();
      if (want.join() !== have.join()) throw new Error(`files of ${have} instead of ${want}`);
      const halves = [...list.matchAll(/'snapshots\/\.uploading\/(.*?)'/g)].map(([, id = '']) => id).sort();
      const left = [...manager.state.uploading].sort();
      if (halves.join() !== left.join()) throw new Error(`partial files of ${left} instead of ${halves}`);
    },
  ],
  [
    /^the origin saw: \[\]$/,
    ({ origin }) => {
      const seen = origin.take();
      if (seen.length > 0) throw new Error(`the origin saw ${seen.map(({ path }) => path)}`);
    },
  ],
  [
    /^the worker has written half of the archive: .*\/snapshots\/(\w+)\//,
    (world, [, id = '']) => writeFixture(world, 'archive-1-first-half', id),
  ],
  [
    /^the worker has written all of the archive: .*\/snapshots\/(\w+)\//,
    (world, [, id = '']) => writeFixture(world, 'archive-1', id),
  ],
  [/^an empty file: .*\/snapshots\/(\w+)\//, (world, [, id = '']) => writeFixture(world, '', id)],
  [/^the file is lost on the node$/, ({ manager }) => manager.state.files.clear()],
  [/^restore flag file created on the node$/, ({ manager }) => void manager.state.restoreFlags.add(0)],
  [
    /^(the workflow is done: )?restore flag file removed( from the node)?$|removes the flag/,
    ({ manager }) => void manager.state.restoreFlags.delete(0),
  ],
  [/^RabbitMQ is stopped$/, ({ manager }) => void manager.faults.inject('brokerDown', {})],
  [/^RabbitMQ is started again$/, ({ manager }) => manager.faults.clear('brokerDown')],
  [
    /^burst of 60 requests at once$/,
    async (world) => {
      world.clock.now += 10_000;
      const passed = (await burst(world, 60)).filter((status) => status === 200).length;
      // Of the recording's 31 the last nine were delayed, up to a second; delays are not simulated.
      if (passed !== 31) throw new Error(`${passed} of 60 passed instead of 31`);
    },
  ],
  [
    /^45 requests sent without waiting/,
    async (world) => {
      world.clock.now += 10_000;
      world.clock.stepMs = 0;
      await burst(world, 45);
    },
  ],
  [
    /^once the delayed requests had been answered/,
    ({ clock }) => {
      clock.now += 10_000;
      clock.stepMs = 1000;
    },
  ],
  [
    /^messages published to the workers for the ghost: 0$/,
    ({ manager }) => {
      if (manager.state.restores.length > 0) throw new Error('a worker has a restore to do');
    },
  ],
  // Nothing that a client could see through the simulated interface.
  [/^the execution of ok-strings stays active$/, nothing],
  [/^the worker dies: nothing changes any more$/, nothing],
  [/^the worker makes the directory of the archive$/, nothing],
  [/^create and restore messages that reached the workers/, nothing],
  [/^what the calls of the client returned or raised$/, nothing],
  [/^80 requests one after the other without pause/, nothing],
];

/** The row of a workflow that a client has just asked for. */
const status = ({ manager: { state } }: ReplayWorld, workflow: string, word: string): void => {
  const row = state.executions.findLast(({ workflowId }) => workflowId === workflow);
  if (row === undefined) throw new Error(`no execution of ${workflow}`);
  state.setExecutionStatus(row, word, '');
};

/** What a worker did before an exchange where it was at work and not recorded: as the answers show it. */
const UNRECORDED: Readonly<Record<string, Readonly<Record<number, (world: ReplayWorld) => void>>>> = {
  '15-vendor-client': {
    10: (world) => status(world, 'create_snapshot', 'started'),
    13: (world) => {
      writeFixture(world, 'archive-1', 'vc1');
      Object.assign(world.manager.state.snapshot('vc1', 'default_tenant') ?? {}, { status: 'created' });
    },
    16: (world) => status(world, 'create_snapshot', 'terminated'),
    31: (world) => status(world, 'restore_snapshot', 'started'),
    34: ({ manager }) => void manager.state.restoreFlags.add(0),
    40: ({ manager }) => void manager.state.restoreFlags.delete(0),
    43: (world) => status(world, 'restore_snapshot', 'terminated'),
  },
};

export function applyUnrecorded(world: ReplayWorld, n: number): void {
  UNRECORDED[world.recording.file]?.[n]?.(world);
}

export async function applyEvent(world: ReplayWorld, { event = '' }: Entry): Promise<void> {
  for (const [pattern, action] of ACTIONS) {
    const found = pattern.exec(event);
    if (found !== null) return action(world, found);
  }
  throw new Error(`an event that the replay does not know: ${event}`);
}
