import { describe, expect, test } from 'vitest';
import type { StepName } from '../../lib/base/step-names.ts';
import { manager } from '../support/breakages.ts';
import { RestoreWorld, type RestoreWorldOptions } from '../support/restore-world.ts';
import { playIn, playRestore } from '../support/restores.ts';
import { oneIn } from '../support/sampled.ts';
import type { Kill } from '../support/virtual-run.ts';
import type { World } from '../support/world.ts';

/** How often the manager was asked for a restore, and said yes. */
const accepted = ({ target }: RestoreWorld) =>
  target.requests.filter(({ method, path, status }) => method === 'POST' && /\/restore$/.test(path) && status === 200);

/** A restore whose process dies somewhere; then `rest` plays out in the same world. */
async function afterDeath(
  options: RestoreWorldOptions,
  how: { kill?: Kill; deadly?: (world: World) => unknown; input?: Record<string, unknown> },
  rest: (both: RestoreWorld) => Promise<void>,
): Promise<void> {
  const both = await RestoreWorld.start(options);
  try {
    await how.deadly?.(both.world);
    const dead = await both.restore(how.input, how.kill ? { kill: how.kill } : {});
    expect(dead.outcome, 'died on the way').toMatchObject({ status: 'FAILED', error: 'ExecutionAbortedError' });
    both.world.s3.faults.clear();
    both.world.manager.faults.clear();
    await rest(both);
  } finally {
    await both.stop();
  }
}

const at = (step: StepName, call = 1): Kill[] => (['before', 'after'] as const).map((when) => ({ step, call, when }));

/** Nothing had been asked of the manager that it could not take back. */
const EARLY: readonly Kill[] = [
  ...at('FindTarget'),
  ...at('SelectArchive'),
  ...at('CheckTarget'),
  ...at('UploadArchive'),
  ...at('CheckUpload'),
  { step: 'StartRestore', call: 1, when: 'before' },
];
/** The restore went on without us, to its end. */
const LATE: readonly Kill[] = [
  { step: 'StartRestore', call: 1, when: 'after' },
  ...at('CheckRestore'),
  ...at('CheckRestore', 3),
  ...at('VerifyRestore'),
  ...at('TidyTarget'),
  ...at('RecordRestore'),
  ...at('ReportRestore'),
];

describe.each(['6.4.2', '7.0.5'])('killed on %s', (version) => {
  test.each(oneIn(3, EARLY))(
    '$when call $call of $step: the next one takes the claim over and restores, once',
    async (kill) => {
      await afterDeath({ version }, { kill }, async (both) => {
        const first = (await both.claim())?.execution;
        // What the dead one has uploaded stays: only its own clean-up would know that it may go.
        const second = await playIn(both, { name: 'again', ends: 'SUCCEEDED', atWork: true });
        expect(second.execution).not.toBe(first);
        expect(accepted(both)).toHaveLength(1);
      });
    },
  );

  test.each(oneIn(3, LATE))(
    '$when call $call of $step: the next one refuses by name and restores nothing twice',
    async (kill) => {
      await afterDeath({ version }, { kill }, async (both) => {
        both.world.clock.advance(600);
        // A legacy restore has brought the passwords of m1.
        if (version !== '7.0.5') {
          await playIn(both, {
            name: 'locked out',
            ends: 'CredentialsRejected',
            says: /in its secret/,
            atWork: true,
          });
          Object.assign(both.world.secret, { password: both.sourcePassword });
        }
        await playIn(both, { name: 'again', ends: 'TargetNotEmpty', says: /"force": true/, atWork: true });
        expect(accepted(both)).toHaveLength(1);
        await playIn(both, {
          name: 'on purpose',
          input: { force: true, allowPartial: true },
          ends: 'SUCCEEDED',
          atWork: true,
        });
        expect(accepted(both)).toHaveLength(2);
      });
    },
  );
});

describe.each(['5.2.7', '6.1.0', '6.4.2', '7.0.5'])('killed on %s while the manager is at it for hours', (version) => {
  const kill: Kill = { step: 'CheckRestore', when: 'before', call: 2 };
  test.each([120, 2000, 4000])('the next one, %i s later, restores nothing over it', async (seconds) => {
    await afterDeath({ version, target: { restoreSeconds: 7200 } }, { kill }, async (both) => {
      both.world.clock.advance(seconds);
      const { outcome, published } = await both.restore({ force: true });
      const names = /^(ManagerBusy|ManagerUnavailable|CredentialsRejected)$/;
      expect(outcome).toMatchObject({ status: 'FAILED', error: expect.stringMatching(names) });
      expect(published, 'people are told').toHaveLength(1);
      expect(accepted(both)).toHaveLength(1);
    });
  });
});

describe('killed in the middle of a step', () => {
  const PLACES: readonly (readonly [string, RegExp, string])[] = [
    ['lostUploadResponse', /archive/, 'the upload'],
    ['lostRestoreResponse', /restore$/, 'the request for the restore'],
  ];
  test.each(PLACES)('%s: nothing is restored twice', async (fault, path) => {
    const deadly = (world: World) => {
      const counting = Object.assign(new RegExp(path), {
        test: (text: string) => {
          if (!path.test(text)) return false;
          world.kill();
          return true;
        },
      });
      world.manager.faults.inject(fault as 'lostUploadResponse', {}, { path: counting, times: 1 });
    };
    await afterDeath({}, { deadly }, async (both) => {
      both.world.clock.advance(600);
      const { outcome } = await both.restore();
      const posts = both.target.requests.filter(({ path: asked }) => asked.endsWith('/restore'));
      expect(posts).toHaveLength(1);
      expect(outcome).toMatchObject(
        fault === 'lostUploadResponse' ? { status: 'SUCCEEDED' } : { error: 'TargetNotEmpty' },
      );
    });
  });
});

describe('each step done twice, because its answer was lost', () => {
  const STEPS: readonly StepName[] = [
    'FindTarget',
    'SelectArchive',
    'CheckTarget',
    'UploadArchive',
    'CheckUpload',
    'StartRestore',
    'CheckRestore',
    'VerifyRestore',
    'TidyTarget',
    'RecordRestore',
    'ReportRestore',
  ];
  const losing = (lost: StepName) => (step: StepName, call: number) => {
    if (step !== lost || call !== 1) return;
    throw Object.assign(new Error('the answer was lost'), { name: 'Sandbox.Timedout' });
  };

  test.each(
    oneIn(
      3,
      STEPS.flatMap((step) => [['6.4.2', step] as const, ['7.0.5', step] as const]),
    ),
  )('%s: %s', async (version, step) => {
    await playRestore({
      name: step,
      world: { version },
      run: { after: losing(step) },
      ends: 'SUCCEEDED',
      messages: step === 'ReportRestore' ? 2 : 1,
      also: async (both) => {
        expect(accepted(both)).toHaveLength(1);
        expect(
          both.target.requests.filter(({ method }) => method === 'PUT'),
          'uploads',
        ).toHaveLength(1);
        expect(await both.evidence()).toHaveLength(1);
      },
    });
  });

  test.each<StepName>(['TidyTarget', 'RecordRestore', 'ReportRestore'])('after a failure: %s', async (step) => {
    await playRestore({
      name: step,
      broken: manager('uploadOtherBytes', {}),
      run: { after: losing(step) },
      ends: 'UploadMismatch',
      messages: step === 'ReportRestore' ? 2 : 1,
      also: async (both) => expect(await both.evidence()).toHaveLength(1),
    });
  });
});

describe.each(['6.4.2', '7.0.5'])('a drill on %s that is killed', (version) => {
  const options: RestoreWorldOptions = { version, secret: { drillTarget: true } };
  const input = { purpose: 'drill' };
  test.each<Kill>([
    { step: 'VerifyRestore', when: 'after' },
    { step: 'TidyTarget', when: 'before' },
    { step: 'TidyTarget', when: 'after' },
  ])('$when $step: the next one with force ends, and takes away only what it has brought', async (kill) => {
    await afterDeath(options, { kill, input }, async (both) => {
      both.world.clock.advance(600);
      const wipes = version === '6.4.2';
      if (wipes) Object.assign(both.world.secret, { password: both.sourcePassword });
      const again = { ...input, force: true, allowPartial: true };
      // A legacy restore wipes what it finds; with a new one nobody can tell whose things are whose.
      const holds = wipes ? 'nothing' : 'anything';
      const notes = wipes ? /Removed from manager m2 after the drill/ : /Nothing that manager m2 holds was removed/;
      await playIn(both, { name: 'again', input: again, ends: 'SUCCEEDED', holds, notes, atWork: true });
    });
  });
});
