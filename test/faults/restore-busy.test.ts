import { describe, expect, test } from 'vitest';
import { manager } from '../support/breakages.ts';
import { at, busyWith, leaveGhost, restoresOn, untouched } from '../support/restore-breakages.ts';
import { playRestore, type RestoreCase } from '../support/restores.ts';

const legacy = { version: '6.4.2' };
const BUSY: readonly RestoreCase[] = [
  {
    name: 'for some minutes',
    prepare: ({ target, world }) => Object.assign(world, { free: busyWith(target) }),
    during: at('CheckTarget', ({ world }) => (world as unknown as { free: () => void }).free(), 3),
    ends: 'SUCCEEDED',
  },
  {
    name: 'for ever',
    prepare: ({ target }) => busyWith(target),
    ends: 'ManagerBusy',
    says: /install \S+ \(started\).*Run again when they have ended.*m2 is as it was/,
    within: 1000,
    also: untouched,
  },
  {
    name: 'with the ghost of an old restore: it is cleared',
    prepare: ({ target, world }) => {
      leaveGhost(target);
      world.clock.advance(1200);
    },
    ends: 'SUCCEEDED',
    notes: /Restores that were refused long ago block the manager and are cleared first: 1/,
    also: (both) => expect(restoresOn(both)).toEqual(['cancelled', 'terminated']),
  },
  {
    name: 'with a ghost of two minutes: it is waited for until it is one',
    prepare: ({ target, world }) => {
      leaveGhost(target);
      world.clock.advance(60);
    },
    ends: 'SUCCEEDED',
    also: (both) => expect(restoresOn(both)).toEqual(['cancelled', 'terminated']),
  },
  {
    name: 'with an old pending restore on a node that restores: nobody touches it',
    prepare: ({ target, world }) => {
      leaveGhost(target);
      target.state.restoreFlags.add(0);
      world.clock.advance(1200);
    },
    ends: 'ManagerBusy',
    says: /says that a restore is running, although none is: remove \/tmp\/cloudify\/snapshot_restoring/,
    unclaimed: true,
    also: (both) => {
      expect(restoresOn(both)).toEqual(['pending']);
      untouched(both);
    },
  },
  {
    name: 'with a restore that somebody cancelled while it was at work, and a flag: nothing runs beside it',
    prepare: ({ target, world }) => {
      const row = target.state.addExecution({
        workflowId: 'restore_snapshot',
        status: 'started',
        isSystem: true,
        parameters: { snapshot_id: 'before' },
      });
      target.state.setExecutionStatus(row, 'cancelled', '');
      target.state.restoreFlags.add(0);
      world.clock.advance(1200);
    },
    ends: 'ManagerBusy',
    says: /may be restoring still: execution \S+ is cancelled, but a restore cannot be stopped.*remove \/tmp\/cloudify\/snapshot_restoring/,
    also: untouched,
  },
  {
    name: 'with a flag that a crash has left: said, and restored',
    prepare: ({ target }) => target.state.restoreFlags.add(0),
    ends: 'SUCCEEDED',
    notes: /says that a restore is running, although none is/,
  },
  {
    name: 'entering maintenance mode, which waits for an execution',
    prepare: ({ target }) => {
      busyWith(target);
      target.state.maintenance.status = 'activating';
    },
    ends: 'ManagerBusy',
    says: /entering maintenance mode/,
    also: untouched,
  },
  {
    name: 'in maintenance mode: restored, and left in it',
    prepare: ({ target }) => {
      target.state.maintenance.status = 'activated';
    },
    ends: 'SUCCEEDED',
    notes: /in maintenance mode, and is left in it/,
    also: ({ target }) => expect(target.state.maintenance.status).toBe('activated'),
  },
  {
    name: 'in maintenance mode, with a legacy archive',
    world: legacy,
    prepare: ({ target }) => {
      target.state.maintenance.status = 'activated';
    },
    ends: 'SUCCEEDED',
  },
];

describe('a busy target', () => {
  test.each(BUSY)('$name', playRestore);
});

test('a manager that is away while it is looked at', async () => {
  await playRestore({
    name: 'away',
    broken: manager('serverError', { status: 502 }, { step: 'CheckTarget', times: 4 }),
    ends: 'SUCCEEDED',
  });
});
