import { describe, expect, test } from 'vitest';
import { askByHand, at, cancelByHand, copyUpload, restoresOn, uploadOn } from '../support/restore-breakages.ts';
import type { RestoreWorld } from '../support/restore-world.ts';
import { playRestore, type RestoreCase } from '../support/restores.ts';

/** Another restore beside ours: a request that was given up and accepted after all, or a person. */

/** Once, before a look that finds the restore like that. */
function once(isSo: (both: RestoreWorld) => boolean, act: (both: RestoreWorld) => unknown) {
  let isDone = false;
  return async (both: RestoreWorld, step: string) => {
    if (isDone || step !== 'CheckRestore' || !isSo(both)) return;
    isDone = true;
    await act(both);
  };
}

/** In the 30 s for which the manager must stay well. */
const onceTerminated = (act: (both: RestoreWorld) => unknown) =>
  once((both) => restoresOn(both)[0] === 'terminated', act);
const onceAtWork = (act: (both: RestoreWorld) => unknown) =>
  once((both) => both.target.state.restoreFlags.size > 0, act);

const again = async (both: RestoreWorld) => expect(await askByHand(both, uploadOn(both))).toBe(200);
const againAndTaken = async (both: RestoreWorld) => {
  await again(both);
  both.world.clock.advance(5);
};

const OURS: readonly RestoreCase[] = [
  {
    name: 'begins in the 30 s after the end: waited for, and its end counts',
    during: onceTerminated(againAndTaken),
    // It finds everything there, and says so in the manager's log.
    ends: 'RestorePartial',
    also: (both) => expect(restoresOn(both)).toEqual(['terminated', 'terminated']),
  },
  {
    name: 'begins then, and fails',
    during: onceTerminated(async (both) => {
      both.target.faults.inject('restoreFails', { error: 'RuntimeError: the second one' }, { times: 1 });
      await againAndTaken(both);
    }),
    ends: 'RestoreFailed',
    says: /RuntimeError: the second one/,
  },
  {
    name: 'begins then, and never ends',
    during: onceTerminated(async (both) => {
      both.target.faults.inject('restoreForever', {}, { times: 1 });
      await againAndTaken(both);
    }),
    ends: 'RestoreUnknown',
    says: /has not ended within/,
    atWork: true,
  },
  {
    name: 'is accepted then, and no worker takes it: it is ended before anything is proven',
    during: onceTerminated(async (both) => {
      both.target.faults.inject('restoreNeverStarts', {}, { times: 1 });
      await again(both);
    }),
    ends: 'SUCCEEDED',
    also: (both) => expect(restoresOn(both)).toEqual(['terminated', 'cancelled']),
  },
  {
    name: 'is accepted then, and taken in the moment in which it is ended: it goes on, and its end counts',
    during: onceTerminated(async (both) => {
      both.target.faults.inject('takenWhenCancelled', {}, { times: 1 });
      await again(both);
    }),
    ends: 'RestoreFailed',
    says: /was cancelled by a user while it was at work/,
    also: ({ target }) => expect(target.state.restores, 'its worker is done').toEqual([]),
  },
  {
    name: 'has begun and ended between two looks, and failed',
    during: onceTerminated(async (both) => {
      both.target.faults.inject('restoreFails', { error: 'RuntimeError: the second one' }, { times: 1 });
      await again(both);
      both.world.clock.advance(120);
    }),
    ends: 'RestoreFailed',
    says: /RuntimeError: the second one/,
  },
  {
    name: 'is accepted while the content is compared, and no worker has it yet: ended, so that none will',
    during: at('VerifyRestore', again),
    ends: 'SUCCEEDED',
    also: (both) => expect(restoresOn(both)).toEqual(['terminated', 'cancelled']),
  },
  {
    name: 'is taken in the moment in which it is ended: nothing is proven',
    during: at('VerifyRestore', async (both) => {
      both.target.faults.inject('takenWhenCancelled', {}, { times: 1 });
      await again(both);
    }),
    ends: 'RestoreUnknown',
    says: /another restore has begun since/,
    atWork: true,
  },
  {
    name: 'begins while the content is compared: nothing is proven',
    during: at('VerifyRestore', async (both) => {
      await again(both);
      both.world.clock.advance(5);
    }),
    ends: 'RestoreUnknown',
    says: /another restore has begun since \(execution \S+, started\).*was not proven/,
    atWork: true,
  },
  {
    name: 'has ended before the content is compared, and failed',
    during: at('VerifyRestore', async (both) => {
      both.target.faults.inject('restoreFails', { error: 'RuntimeError: x' }, { times: 1 });
      await again(both);
      both.world.clock.advance(300);
    }),
    ends: 'RestoreUnknown',
    says: /another restore has begun since \(execution \S+, failed\)/,
  },
];

const THEIRS: readonly RestoreCase[] = [
  {
    name: 'between the end and the look that sees it: told as what it is',
    during: onceAtWork((both) => {
      both.world.clock.advance(60);
      const theirs = { workflowId: 'restore_snapshot', isSystem: true, parameters: { snapshot_id: 'theirs' } };
      both.target.state.addExecution({ ...theirs, status: 'failed' });
    }),
    ends: 'RestoreUnknown',
    says: /and then another snapshot was restored \(execution \S+, failed\).*Manager m2 had called it completed/,
  },
  {
    name: 'in the 30 s after the end: not proven, whatever it holds',
    during: onceTerminated(async (both) => {
      expect(await askByHand(both, copyUpload(both))).toBe(200);
      both.world.clock.advance(120);
    }),
    ends: 'RestoreUnknown',
    says: /ended as completed, and then another snapshot was restored \(execution \S+, terminated\).*had called it completed/,
  },
  {
    name: 'while the content is compared',
    during: at('VerifyRestore', async (both) => {
      expect(await askByHand(both, copyUpload(both))).toBe(200);
      both.world.clock.advance(300);
    }),
    ends: 'RestoreUnknown',
    says: /another restore has begun since/,
  },
];

/** At the last thing that VerifyRestore reads. */
function onceCompared({ target: { state, faults } }: RestoreWorld, snapshot: (both: string) => string): void {
  let isDone = false;
  const test = (text: string) => {
    if (!isDone && text.includes('/events')) {
      isDone = true;
      const ours = state.snapshots.find(({ id }) => id.startsWith('offsite-restore-'))?.id ?? '';
      const parameters = { snapshot_id: snapshot(ours) };
      const at = new Date(state.now().getTime() + 1000);
      const row = state.addExecution({ workflowId: 'restore_snapshot', status: 'started', isSystem: true, parameters });
      Object.assign(row, { createdAt: at });
    }
    return false;
  };
  faults.inject('serverError', { status: 500 }, { path: Object.assign(/x/, { test }) });
}

describe('a restore that begins when all has been compared', () => {
  test.each<[string, (ours: string) => string]>([
    ['of our upload', (ours) => ours],
    ['of something else', () => 'theirs'],
  ])('%s: nothing is proven', async (_, snapshot) => {
    await playRestore({
      name: 'compared',
      prepare: (both) => onceCompared(both, snapshot),
      ends: 'RestoreUnknown',
      says: /another restore has begun since \(execution \S+, started\)/,
      atWork: true,
    });
  });
});

describe('a second restore of our upload on 7.0.5', () => {
  test.each(OURS)('$name', playRestore);
});

describe('a restore of something else on 7.0.5', () => {
  test.each(THEIRS)('$name', playRestore);

  test('that had ended before ours was asked for is nobody’s business', async () => {
    await playRestore({
      name: 'before',
      during: at('StartRestore', ({ target, world }) => {
        const row = { workflowId: 'restore_snapshot', isSystem: true, parameters: { snapshot_id: 'theirs' } };
        const { id } = target.state.addExecution({ ...row, status: 'started' });
        world.clock.advance(5);
        target.state.setExecutionStatus(target.state.execution(id) ?? fail(), 'terminated', '');
        world.clock.advance(5);
      }),
      ends: 'SUCCEEDED',
    });
  });
});

const fail = (): never => {
  throw new Error('no such row');
};

describe.each(['6.1.0', '6.4.2', '7.0.5'])('%s: a person cancels the restore at work', (version) => {
  const world = { version, target: { restoreSeconds: 400 } };
  test('it goes on; nothing is taken away while it does', async () => {
    await playRestore({
      name: 'cancelled',
      world,
      during: onceAtWork(cancelByHand),
      // A legacy restore writes its row anew, and its end with it.
      ends: version === '7.0.5' ? 'RestoreFailed' : 'SUCCEEDED',
      ...(version === '7.0.5' ? { says: /was cancelled by a user while it was at work, and no node says/ } : {}),
      also: ({ target }) => {
        expect(target.state.restores, 'the worker is done').toEqual([]);
        const deleted = target.requests.filter(
          ({ method, path }) => method === 'DELETE' && /offsite-restore/.test(path),
        );
        const began = target.requests.find(({ path }) => path.endsWith('/restore'))?.at.getTime() ?? 0;
        for (const { at: when } of deleted) expect(when.getTime() - began).toBeGreaterThan(400_000);
      },
    });
  });

  test('and its worker dies: nobody can tell, and it is left alone', async () => {
    await playRestore({
      name: 'cancelled and dead',
      world: { version },
      prepare: ({ target }) => target.faults.inject('restoreForever', {}),
      during: onceAtWork(cancelByHand),
      ends: 'RestoreUnknown',
      says: /has not ended within.*last seen as cancelled/,
      notes: /may be, still at work on manager m2; snapshot offsite-restore-\S+ stays/,
      atWork: true,
    });
  });

  test('and asks for it again: the second one counts', async () => {
    await playRestore({
      name: 'cancelled and asked again',
      world,
      during: onceAtWork(async (both) => {
        cancelByHand(both);
        await again(both);
      }),
      ends: version === '7.0.5' ? 'RestorePartial' : 'SUCCEEDED',
      also: ({ target }) => expect(target.state.restores, 'all workers are done').toEqual([]),
    });
  });
});

test('a drill is not cleared beside a worker whose row somebody cancelled', async () => {
  await playRestore({
    name: 'drill',
    world: { secret: { drillTarget: true } },
    input: { purpose: 'drill' },
    prepare: ({ target }) => target.faults.inject('restoreForever', {}),
    during: onceAtWork(cancelByHand),
    ends: 'RestoreUnknown',
    atWork: true,
    also: ({ target }) =>
      expect(target.requests.filter(({ method, path }) => method === 'DELETE' && !/offsite-/.test(path))).toEqual([]),
  });
});
