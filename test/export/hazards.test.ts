import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import { manager } from '../support/breakages.ts';
import { Nights, playAlone } from '../support/nights.ts';
import { seeded } from '../support/seeded.ts';
import type { World } from '../support/world.ts';

/*
 * The hazards of the manager's snapshot API that an export can meet, by their numbers. Not here, because only a restore
 * or an upload meets them: K3-K11 (upload and restore), K13 (what a deployment does with the archive), K15 (upload path),
 * K18, K19, K21 and K24 (the life of a restore).
 */

const archiveRequests = (world: World) => world.manager.requests.filter((one) => /\/archive$/.test(one.path));
const status = (world: World, id: string) => world.manager.state.snapshot(id, 'default_tenant')?.status;

test('K1: the half-written zip that a manager serves while it creates is never downloaded', async () => {
  await playAlone({
    name: 'K1',
    broken: manager('partialZipWhileCreating', {}),
    ends: 'SUCCEEDED',
    during: (world, step, call) => {
      if (step === 'CheckSnapshot' && call === 2)
        expect(world.manager.state.files.get(world.snapshotOfRun)?.source.size, 'it is there').toBe(100_000);
      if (step !== 'PlanTransfer') return;
      expect(status(world, world.snapshotOfRun)).toBe('created');
      expect(archiveRequests(world).filter((one) => one.path.includes(world.snapshotOfRun))).toEqual([]);
    },
  });
});

test('K2: our own count of the bytes decides, not Content-Length', async () => {
  await playAlone({
    name: 'K2',
    broken: manager('wrongLengthClean', { missingBytes: 1 }, { step: 'CopySpan' }),
    ends: 'TransferInterrupted',
    says: /ended 1 bytes early/,
  });
});

describe('K12: other executions on the manager', () => {
  const old = { manager: { version: '7.0.2' } };
  test('are waited for, as a thing of its own and not as one of many 400s', async () => {
    await playAlone({ name: 'K12', world: old, broken: manager('busy', {}, { times: 10 }), ends: 'SUCCEEDED' });
  });
  test('never leave a request of ours in the queue of the manager', async () => {
    await playAlone({
      name: 'K12',
      world: old,
      broken: manager('busy', {}),
      ends: 'ManagerBusy',
      leaves: 'nothing',
      also: (world) => expect(world.manager.state.executions.map((row) => row.status)).not.toContain('queued'),
    });
  });
});

test('K14: ids begin with a letter and hold only what managers take, whatever the time', () => {
  for (const random of seeded(500)) {
    const time = new Date(Date.UTC(1000, 0) + random() * (Date.UTC(2999, 0) - Date.UTC(1000, 0)));
    expect(snapshotIdAt(time)).toMatch(/^[A-Za-z][A-Za-z0-9._-]{0,255}$/);
  }
});

test('K16: a snapshot that stays `creating` for ever has a deadline, and its record is removed', async () => {
  await playAlone({ name: 'K16', broken: manager('createForever', {}), ends: 'SnapshotTimedOut', leaves: 'nothing' });
});

describe('K17: the manager keeps every snapshot, so we remove ours', () => {
  let nights: Nights;
  const foreign = ['before-upgrade', 'offsite-by-hand', 'my-offsite-20200101T000000Z', 'offsite-20200101T000000Z'];
  beforeAll(async () => {
    nights = await Nights.beginAfresh({ settings: { keepOnManager: 2 } });
    for (const id of foreign) nights.world.manager.seedSnapshot(id, { createdAt: new Date('2030-01-01') });
  });
  afterAll(async () => await nights.stop());
  const onManager = () =>
    nights.world.manager.state.snapshots.map((row) => row.id).filter((id) => !foreign.includes(id));

  test('the newest two with a verified copy stay, older ones go', async () => {
    const made: string[] = [];
    for (let night = 1; night <= 4; night++) {
      const { report } = await nights.play({ name: `night ${night}`, ends: 'SUCCEEDED' });
      made.push(nights.world.snapshotOfRun);
      if (night > 2) expect(report?.notes).toEqual([expect.stringMatching(/Removed 1 older verified snapshot/)]);
    }
    expect(onManager()).toEqual(made.slice(2));
  });

  test("one without a verified copy stays, as it may be the only one, and takes no other one's place", async () => {
    const broken = manager('archiveCorrupt', {}, { step: 'CopySpan' });
    await nights.play({ name: 'unverified', broken, ends: 'MemberCorrupt', leaves: 'created' });
    const unverified = nights.world.snapshotOfRun;
    for (let night = 1; night <= 3; night++) await nights.play({ name: 'good', ends: 'SUCCEEDED' });
    expect(onManager()).toHaveLength(3);
    expect(status(nights.world, unverified)).toBe('created');
  });

  test("nobody else's snapshot is touched, however much its name is like ours", () => {
    expect(foreign.map((id) => status(nights.world, id))).toEqual(foreign.map(() => 'created'));
  });
});

describe('K20: ranges', () => {
  test('are tried before they are relied on; without them one stream is read from its beginning', async () => {
    await playAlone({ name: 'K20', broken: manager('noRanges', {}), ends: 'SUCCEEDED' });
  });
  test('that are not those asked for are refused', async () => {
    await playAlone({
      name: 'K20',
      broken: manager('wrongRange', { shift: 1 }, { step: 'CopySpan' }),
      ends: 'TransferInterrupted',
    });
  });
});
