import { describe, expect, test } from 'vitest';
import { done, manager } from '../support/breakages.ts';
import { type Case, playAlone } from '../support/nights.ts';
import type { World } from '../support/world.ts';

const HOUR = 3600;
/** Managers up to 7.0.3 make no snapshot while other executions run. */
const blocking = { manager: { version: '7.0.2' } };

/** Somebody's workflow, which ends by itself after a while. */
const workflowFor = (seconds: number) => {
  let end: number | undefined;
  return (world: World) => {
    const now = world.clock.now().getTime();
    if (end === undefined) {
      end = now + seconds * 1000;
      world.manager.state.addExecution({ workflowId: 'install', status: 'started' });
    }
    const running = world.manager.state.executions.filter((row) => row.workflowId === 'install');
    if (now >= end) for (const row of running) world.manager.state.setExecutionStatus(row, 'terminated', '');
  };
};

const createCalls = (world: World) => world.manager.requests.filter((one) => one.method === 'PUT').length;

const BUSY: readonly Case[] = [
  {
    name: 'another workflow runs for half an hour: we wait for it',
    world: blocking,
    during: workflowFor(HOUR / 2),
    ends: 'SUCCEEDED',
  },
  {
    name: 'another workflow runs for three hours: after two we give up by name',
    world: blocking,
    during: workflowFor(3 * HOUR),
    ends: 'ManagerBusy',
    says: /Manager m1.*is busy \(existing_running_execution_error\)/,
    leaves: 'nothing',
  },
  {
    name: 'the same code of a manager of today',
    broken: manager('busy', {}, { times: 5 }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'a restore runs: what we would get is half a manager',
    during: (world, step, call) => {
      if (step !== 'CreateSnapshot' || call !== 1) return;
      world.manager.state.addExecution({ workflowId: 'restore_snapshot', status: 'started', isSystem: true });
    },
    ends: 'ManagerBusy',
    says: /is restoring a snapshot/,
    leaves: 'nothing',
    also: (world) => expect(createCalls(world), 'not even asked for').toBe(1),
  },
  {
    name: 'maintenance mode is being entered',
    during: (world, step, call) => {
      const { maintenance } = world.manager.state;
      if (step === 'CreateSnapshot') maintenance.status = call < 4 ? 'activating' : 'deactivated';
    },
    ends: 'SUCCEEDED',
  },
];

const CREATE: readonly Case[] = [
  {
    name: 'the answer is lost: the snapshot that is being made is adopted',
    broken: manager('lostCreateResponse', {}, { times: 1 }),
    ends: 'SUCCEEDED',
    also: (world) => expect(world.manager.state.snapshots).toHaveLength(2),
  },
  {
    name: 'the answer is a 500, yet the snapshot is being made',
    broken: manager('create500ButDone', {}, { times: 1 }),
    ends: 'SUCCEEDED',
    also: (world) => expect(createCalls(world)).toBe(2),
  },
  {
    name: 'the request never arrives, twice',
    broken: manager('createNeverArrives', {}, { times: 2 }),
    ends: 'SUCCEEDED',
  },
  {
    name: 'the broker is down for a while: the snapshot of the first attempt will never be made, and is removed',
    broken: manager('brokerDown', {}, { times: 40, step: 'CreateSnapshot' }),
    ends: 'SnapshotTimedOut',
    says: /was not started within 1\.\d h\. Are its broker and its mgmtworker running\?/,
    leaves: 'nothing',
  },
  {
    name: 'somebody uploaded an archive under our very id',
    during: (world, step) => {
      if (step === 'CreateSnapshot') world.manager.state.addSnapshot(world.snapshotNow, 'uploaded');
    },
    ends: 'UnexpectedReply',
    says: /was uploaded by another program \(it is "uploaded"\)\. Move it away/,
    leaves: 'uploaded',
  },
  {
    name: 'a failed snapshot of this id is in the way: made once more',
    broken: done((world) => world.manager.state.addSnapshot(world.snapshotNow, 'failed', { error: 'disk full' })),
    ends: 'SUCCEEDED',
  },
];

const POLL: readonly Case[] = [
  {
    name: 'the snapshot fails on the manager',
    broken: manager('createFails', { error: 'OSError: [Errno 28] No space left on device' }),
    ends: 'SnapshotFailed',
    says: /Snapshot offsite-\d+T\d+Z failed on manager m1: OSError: \[Errno 28\] No space left on device/,
    leaves: 'nothing',
  },
  {
    name: 'the snapshot fails on 5.0.5, which calls the execution "terminated"',
    world: { manager: { version: '5.0.5' } },
    broken: manager('createFails', { error: 'pg_dump: error: connection to server failed' }),
    ends: 'SnapshotFailed',
    says: /pg_dump: error/,
    leaves: 'nothing',
  },
  {
    name: 'a long traceback becomes its last line',
    broken: manager('createFails', {
      error: `Traceback (most recent call last):\n${'  File "x.py", line 1\n'.repeat(200)}KeyError: 'plugins'`,
    }),
    ends: 'SnapshotFailed',
    says: /m1: KeyError: 'plugins'\.$/,
    leaves: 'nothing',
  },
  {
    name: '`creating` for ever: the deadline ends it, and no half-made snapshot stays',
    broken: manager('createForever', {}),
    ends: 'SnapshotTimedOut',
    says: /is not ready after 12\.0 h \(execution started\)\. Is its mgmtworker alive\?/,
    notes: /was half-made and has been deleted/,
    leaves: 'nothing',
  },
  {
    name: 'the worker is dead: nothing starts, the execution is ended by us',
    world: { manager: { worker: 'absent' } },
    isFirst: true,
    ends: 'SnapshotTimedOut',
    says: /was not started within 1\.0 h/,
    leaves: 'nothing',
    also: (world) =>
      expect(world.manager.state.activeExecutions, 'nothing is left that would block the next night').toEqual([]),
  },
  {
    name: 'somebody cancels the execution',
    during: (world, step, call) => {
      if (step !== 'CheckSnapshot' || call !== 2) return;
      const row = world.manager.state.executions.at(-1);
      if (row) world.manager.state.setExecutionStatus(row, 'cancelled', '');
    },
    ends: 'SnapshotFailed',
    says: /\(execution cancelled\)/,
    leaves: 'nothing',
  },
  {
    name: 'a snapshot that takes nine hours',
    world: { manager: { createSeconds: 9 * HOUR } },
    ends: 'SUCCEEDED',
  },
  {
    name: 'the snapshot fails and cannot be deleted',
    broken: [manager('createFails', { error: 'broken' }), manager('deleteFails', {}, { step: 'CleanUp' })],
    ends: 'SnapshotFailed',
    notes: /Clean-up did not finish/,
    leaves: 'failed',
  },
];

describe('a busy manager', () => {
  test.each(BUSY)('$name', playAlone);
});
describe('asking for a snapshot', () => {
  test.each(CREATE)('$name', playAlone);
});
describe('waiting for a snapshot', () => {
  test.each(POLL)('$name', playAlone);
});
