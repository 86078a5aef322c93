import { afterEach, describe, expect, test } from 'vitest';
import { execution } from '../../support/restore-parts.ts';
import { snapshot, TidyWorld } from '../../support/tidy-world.ts';

let at: TidyWorld;
afterEach(async () => await at?.stop());

describe('whose manager it is', () => {
  test('the upload goes, the claim is released, and a second time nothing is left to do', async () => {
    at = await TidyWorld.start();
    expect(await at.tidy()).toMatch(new RegExp(`Snapshot ${snapshot} on manager m1, which this restore had uploaded`));
    expect(at.uploads).toEqual([]);
    expect(await at.owns()).toBe(false);
    at.state.addSnapshot(snapshot, 'uploaded');
    expect(await at.tidy()).toBe('');
    expect(at.uploads, 'not ours any more').toEqual([snapshot]);
  });

  test('needs nothing but input and execution', async () => {
    for (const nothing of [null, {}, 'x', { run: 7, plan: [] }]) {
      at = await TidyWorld.start();
      expect(await at.tidy(nothing)).toMatch(/has been deleted/);
      expect(at.uploads).toEqual([]);
      await at.stop();
    }
  });

  test("another execution's claim, none at all, or a wrong input: nothing is touched", async () => {
    at = await TidyWorld.start();
    at.execute('pending');
    const other = { ...execution, id: 'another' };
    expect(await at.tidy(at.gathered('mine'), { execution: other })).toBe('');
    for (const wrong of [null, {}, { manager: 'm1', archvie: 'latest' }])
      expect(await at.tidy(at.gathered('mine'), { input: wrong })).toBe('');
    expect(at.uploads).toEqual([snapshot]);
    expect(at.state.activeExecutions).toHaveLength(1);
    expect(await at.owns()).toBe(true);
  });

  test('killed after the upload is gone and before the claim is released, the next attempt releases it', async () => {
    at = await TidyWorld.start();
    await (await at.deps.managers.open('m1')).deleteSnapshot(snapshot);
    expect(await at.tidy()).toBe('');
    expect(await at.owns()).toBe(false);
  });

  test('snapshots of others stay, also those of exports and of other restores', async () => {
    at = await TidyWorld.start();
    const others = ['nightly', 'offsite-20261122T020000Z', 'offsite-restore-20261101T020000Z-00000000'];
    for (const id of others) at.state.addSnapshot(id, 'created');
    await at.tidy();
    expect(at.uploads).toEqual(others);
  });

  test('what a killed restore uploaded goes when its execution cannot live any more, and not before', async () => {
    at = await TidyWorld.start();
    const at49h = new Date(at.world.clock.now().getTime() - 49 * 3600_000);
    const named = (time: Date) =>
      `offsite-restore-${time.toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '')}-0a1b2c3d`;
    const [dead, alive] = [named(new Date(at49h.getTime() - 1000)), named(new Date(at49h.getTime() + 60_000))];
    for (const id of [dead, alive]) at.state.addSnapshot(id, 'uploaded');
    expect(await at.tidy()).toContain(`Snapshot ${dead}, which a restore that was killed had left, has been deleted.`);
    expect(at.uploads).toEqual([alive]);
  });

  test('a manager that is away is told to the state machine while something may be there, and the claim is kept', async () => {
    at = await TidyWorld.start();
    at.world.manager.faults.inject('refuse', {});
    await expect(at.tidy()).rejects.toMatchObject({ name: 'ManagerUnavailable' });
    expect(await at.owns()).toBe(true);
    expect(await at.tidy({}), 'nothing had been uploaded').toBe('');
    expect(await at.owns()).toBe(false);
  });
});

describe('restores of ours', () => {
  test('one that was never started is set to cancelled, with PATCH, and the upload goes', async () => {
    at = await TidyWorld.start();
    at.execute('pending');
    const before = at.world.clock.now().getTime();
    expect(await at.tidy(at.gathered('mine'))).toMatch(
      /Restore mine on manager m1 was never started.*\n.*has been deleted/,
    );
    expect(at.state.execution('mine')?.status).toBe('cancelled');
    expect(at.world.clock.now().getTime() - before, 'a worker had time to take it').toBeGreaterThanOrEqual(20_000);
    expect(at.uploads).toEqual([]);
  });

  test('one that a worker takes in the meantime is left alone', async () => {
    at = await TidyWorld.start();
    const row = at.execute('pending');
    const sleep = at.world.clock.sleep;
    at.world.clock.sleep = async (ms) => {
      at.state.setExecutionStatus(row, 'started', '');
      await sleep(ms);
    };
    expect(await at.tidy(at.gathered())).toMatch(/still at work on manager m1/);
    expect(at.state.execution('mine')?.status).toBe('started');
    expect(at.uploads).toEqual([snapshot]);
  });

  test.each(['started', 'cancelling', 'force_cancelling'])(
    'one that is %s is left alone, with its snapshot',
    async (s) => {
      at = await TidyWorld.start();
      at.execute(s);
      expect(await at.tidy(at.gathered())).toMatch(new RegExp(`still at work.*snapshot ${snapshot} stays`));
      expect(at.uploads).toEqual([snapshot]);
      expect(at.state.execution('mine')?.status).toBe(s);
      expect(await at.owns()).toBe(false);
    },
  );

  test('the ghost of a refused repetition goes although the first one is at work', async () => {
    at = await TidyWorld.start();
    at.execute('started', 'first');
    at.execute('pending', 'ghost');
    expect(await at.tidy(at.gathered('first'))).toMatch(/Restore ghost.*set to cancelled/);
    expect([at.state.execution('first')?.status, at.state.execution('ghost')?.status]).toEqual([
      'started',
      'cancelled',
    ]);
    expect(at.uploads).toEqual([snapshot]);
  });

  test('a pending one stays while a node says that it restores', async () => {
    at = await TidyWorld.start();
    at.execute('pending');
    at.state.restoreFlags.add(0);
    expect(await at.tidy(at.gathered('mine'))).toMatch(/still at work/);
    expect(at.state.execution('mine')?.status).toBe('pending');
  });

  test("executions of others, also restores, are nobody's business of ours", async () => {
    at = await TidyWorld.start();
    const theirs = { workflowId: 'restore_snapshot', isSystem: true, parameters: { snapshot_id: 'theirs' } };
    at.state.addExecution({ ...theirs, id: 'theirs', status: 'pending' });
    at.state.addExecution({ workflowId: 'install', id: 'install', status: 'pending' });
    expect(await at.tidy(at.gathered())).toMatch(/has been deleted/);
    expect([at.state.execution('theirs')?.status, at.state.execution('install')?.status]).toEqual([
      'pending',
      'pending',
    ]);
  });

  test('a flag that outlived a restore that failed keeps nothing there', async () => {
    at = await TidyWorld.start();
    at.state.setExecutionStatus(at.execute('started'), 'failed', 'broken');
    at.state.restoreFlags.add(0);
    expect(await at.tidy(at.gathered('mine'))).toMatch(/has been deleted/);
  });

  test('while the database is exchanged under it, a restore is at work although no list shows it', async () => {
    at = await TidyWorld.start();
    at.state.restoreFlags.add(0);
    expect(await at.tidy(at.gathered('gone-from-the-list'))).toMatch(/still at work/);
    expect(at.uploads).toEqual([snapshot]);
  });
});

describe('a cluster of which the node that restores says nothing', () => {
  /** Node 0 has its services stopped; the others answer, and none of them has a flag. */
  const stopped = async () => {
    at = await TidyWorld.start({ nodes: 2 });
    at.state.restDownNodes.add(0);
  };

  test('a restore whose execution is gone for a while is at work', async () => {
    await stopped();
    expect(await at.tidy(at.gathered('gone-from-the-list'))).toMatch(/still at work/);
    expect(at.uploads).toEqual([snapshot]);
  });

  test('one whose id is not known is at work as well, and a drill removes nothing under it', async () => {
    await stopped();
    const gathered = at.gathered('x') as { restoring: object };
    const state = { ...gathered, restoring: { ...gathered.restoring, executionId: null } };
    expect(await at.tidy(state, { input: { manager: 'm1', purpose: 'drill' } })).toMatch(/still at work/);
    expect(at.uploads).toEqual([snapshot]);
  });

  test('one that has ended is over', async () => {
    await stopped();
    at.state.setExecutionStatus(at.execute('started'), 'terminated', '');
    expect(await at.tidy(at.gathered('mine'))).toMatch(/has been deleted/);
  });

  test('one that nobody knows of, and of which there is no trace, never began', async () => {
    await stopped();
    expect(await at.tidy(at.gathered())).toMatch(/has been deleted/);
  });

  test('one that nobody knows of, but that the manager has, is at work: a legacy one has lost its parameters', async () => {
    await stopped();
    at.world.clock.advance(48 * 3600);
    for (const one of at.state.snapshots) at.state.removeSnapshot(one);
    const row = { workflowId: 'restore_snapshot', isSystem: true, id: 'nameless', status: 'started', parameters: null };
    at.state.addExecution(row);
    expect(await at.tidy(at.gathered())).toMatch(/still at work/);
  });
});

describe('credentials and files', () => {
  test('after a legacy restore the passwords of the archive open the manager', async () => {
    at = await TidyWorld.start();
    const id = await at.restore('legacy');
    expect(await at.tidy(at.gathered(id))).toBe('');
    expect(await at.owns()).toBe(false);
  });

  test('when every password is rejected it says so, and lets the next restore begin', async () => {
    at = await TidyWorld.start();
    at.state.setPassword('admin', 'nobody-knows-it');
    expect(await at.tidy()).toMatch(
      /Nothing could be removed from manager m1: .*rejected.*Snapshot .* delete it by hand/s,
    );
    expect(at.uploads).toEqual([snapshot]);
    expect(await at.owns()).toBe(false);
  });

  test.each([
    ['6.1.0', /still on the disk of manager m1; remove \/opt\/manager\/resources\/snapshots\/offsite-restore-/],
    ['6.3.0', /^$/],
  ])('a legacy restore on %s: what stays on the disk is named', async (version, says) => {
    at = await TidyWorld.start({ version });
    const id = await at.restore('legacy');
    expect(await at.tidy(at.gathered(id))).toMatch(says);
  });

  test('a manager that refuses to delete the upload is told about', async () => {
    at = await TidyWorld.start();
    at.state.addExecution({
      workflowId: 'create_snapshot',
      status: 'started',
      isSystem: true,
      parameters: { snapshot_id: snapshot },
    });
    expect(await at.tidy()).toMatch(/refuses to delete it. Delete it by hand/);
  });
});
