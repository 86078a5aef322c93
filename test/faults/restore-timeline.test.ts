import { describe, expect, test } from 'vitest';
import type { MachineEvent } from '../../lib/workflow/definition.ts';
import { manager } from '../support/breakages.ts';
import { canary } from '../support/canary.ts';
import { at, cancelByHand } from '../support/restore-breakages.ts';
import { playRestore, type RestoreCase } from '../support/restores.ts';
import { impatient } from '../support/world.ts';

const lines = ['5.0.5', '5.2.7', '6.1.0', '6.4.2', '7.0.2', '7.0.5'] as const;
const HALF_HOUR = 1800;
const during = { step: 'CheckRestore' } as const;

const looks = (events: readonly MachineEvent[]) =>
  events.filter(({ type, state }) => type === 'StateEntered' && state?.name === 'CheckRestore').length;

/** Faults that a look may meet; whatever it is, the next one will tell. */
const PASSING: readonly RestoreCase[] = [
  { name: 'bad gateways', broken: manager('serverError', { status: 502 }, { ...during, times: 9 }), ends: 'SUCCEEDED' },
  { name: '500', broken: manager('serverError', { status: 500 }, { ...during, times: 9 }), ends: 'SUCCEEDED' },
  { name: 'a login page', broken: manager('htmlError', { status: 200 }, { ...during, times: 9 }), ends: 'SUCCEEDED' },
  {
    name: 'a page that is not there',
    broken: manager('htmlError', { status: 404 }, { ...during, times: 9 }),
    ends: 'SUCCEEDED',
  },
  { name: 'a rate limit', broken: manager('rateLimited', {}, { ...during, times: 9 }), ends: 'SUCCEEDED' },
  { name: 'cut connections', broken: manager('refuse', {}, { ...during, times: 9 }), ends: 'SUCCEEDED' },
  { name: 'JSON that is none', broken: manager('garbageJson', {}, { ...during, times: 9 }), ends: 'SUCCEEDED' },
  {
    name: 'silence',
    world: { settings: impatient },
    broken: manager('hang', {}, { ...during, times: 3 }),
    ends: 'SUCCEEDED',
  },
  { name: '401', broken: manager('expiredCredentials', {}, { ...during, times: 9 }), ends: 'SUCCEEDED' },
  { name: '403', broken: manager('forbidden', {}, { ...during, times: 9 }), ends: 'SUCCEEDED' },
];

const LOST: readonly RestoreCase[] = [
  {
    name: 'the worker dies in the middle: unknown, at the deadline, and nothing is touched',
    broken: manager('restoreForever', {}),
    ends: 'RestoreUnknown',
    says: /has not ended within 6\.0 h|has not ended within 360 min/,
    notes: /still at work on manager m2; snapshot offsite-restore-\S+ stays/,
    atWork: true,
  },
  {
    name: 'the message is lost: not started, and it never will be',
    broken: manager('restoreNeverStarts', {}),
    ends: 'RestoreUnknown',
    says: /was not started within 30 min/,
    notes: /never started; it is set to cancelled/,
    within: 3600,
    also: ({ target }) => expect(target.state.activeExecutions).toEqual([]),
  },
  {
    name: 'the worker cannot report its end',
    broken: manager('restoreNoEnd', {}),
    ends: 'RestoreUnknown',
    says: /is not running any more, but its execution never ended/,
    within: HALF_HOUR,
    atWork: true,
  },
  {
    name: 'the manager goes away and stays away',
    during: at('CheckRestore', ({ target }) => target.stopNode(0), 2),
    ends: 'RestoreUnknown',
    says: /refuses connections/,
    atWork: true,
    claimStays: true,
  },
];

const FAILS: readonly RestoreCase[] = [
  {
    name: 'with a reason',
    broken: manager('restoreFails', { error: 'RuntimeError: networks of agents are missing.' }),
    ends: 'RestoreFailed',
    says: /The restore on manager m2 failed \(execution \S+\): RuntimeError: networks of agents are missing\. /,
    within: HALF_HOUR,
    holds: 'nothing',
  },
  {
    name: 'with a reason that holds credentials',
    broken: manager('restoreFails', {
      error: `psql: postgresql://cloudify:${canary.databasePassword}@localhost/db failed; password=${canary.brokerPassword}; admin ${canary.password}`,
    }),
    ends: 'RestoreFailed',
    says: /\[redacted\]/,
    within: HALF_HOUR,
  },
  {
    name: 'because somebody cancelled it before a worker took it',
    broken: manager('restoreNeverStarts', {}),
    during: at('CheckRestore', cancelByHand, 5),
    ends: 'RestoreFailed',
    says: /was cancelled by a user/,
    within: HALF_HOUR,
  },
];

describe.each(['6.4.2', '7.0.5'])('a restore on %s whose looks meet', (version) => {
  test.each(PASSING)('$name', async (one) => {
    await playRestore({ ...one, world: { version, ...one.world }, within: 3600 });
  });
});

describe.each(['6.1.0', '7.0.5'])('a restore on %s whose end nobody tells:', (version) => {
  test.each(LOST)('$name', async (one) => {
    await playRestore({ ...one, world: { version } });
  });
});

describe.each(lines)('a restore on %s that fails', (version) => {
  test.each(FAILS)('$name', async (one) => {
    await playRestore({ ...one, world: { version } });
  });
});

describe('a restore whose archive is gone from the disk before the worker opens it', () => {
  const vanishes = at('CheckRestore', ({ target }) => target.state.files.clear());
  test.each(lines)('%s: fails; from 7.0 on the flag stays, which is said', async (version) => {
    const stays = version.startsWith('7');
    await playRestore({
      name: version,
      world: { version },
      during: vanishes,
      ends: 'RestoreFailed',
      says: stays
        ? /still says that a restore is running: if it does so in a minute, its restore marker has to be removed/
        : /No such file or directory/,
      within: HALF_HOUR,
      holds: 'nothing',
      also: ({ target, world }) => {
        world.clock.advance(10);
        expect(target.state.restoreFlags.size).toBe(stays ? 1 : 0);
      },
    });
  });
});

test.each(['5.2.7', '6.1.0', '6.4.2'])('%s: REST stays broken after the database was written', async (version) => {
  await playRestore({
    name: 'rest broken',
    world: { version },
    broken: manager('restBroken', {}),
    ends: 'RestoreUnknown',
    says: /has not ended within 6\.0 h \(last seen as started; now: HTTP 500/,
    atWork: true,
    claimStays: true,
  });
});

describe('services that are down after the end', () => {
  test.each(['5.2.7', '7.0.5'])('%s: are waited for', async (version) => {
    await playRestore({
      name: 'down',
      world: { version },
      broken: manager('statusFail', {}, during),
      during: at('CheckRestore', ({ target }) => target.faults.clear('statusFail'), 60),
      ends: 'SUCCEEDED',
      within: HALF_HOUR,
      also: (_both, { events }) => expect(looks(events)).toBeGreaterThanOrEqual(60),
    });
  });

  test.each(['5.2.7', '7.0.5'])('%s: for ever', async (version) => {
    await playRestore({
      name: 'down',
      world: { version },
      broken: manager('statusFail', {}, during),
      ends: 'RestoreUnknown',
      says: /ended as completed, but the manager has not been well since, for 4[5-9] min \(its services are not up\)/,
      within: 3600,
      holds: 'archive',
    });
  });
});

test('a restore of hours is looked at no more often than once a minute', async () => {
  await playRestore({
    name: 'five hours',
    world: { version: '6.4.2', target: { restoreSeconds: 5 * 3600 } },
    ends: 'SUCCEEDED',
    also: (_both, { events }, evidence) => {
      expect(looks(events)).toBeLessThan(420);
      expect(evidence?.phases.restore).toBeGreaterThan(5 * 3600);
      expect(evidence?.phases.restore).toBeLessThan(5 * 3600 + 300);
    },
  });
});
