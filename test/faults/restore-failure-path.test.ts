import { describe, expect, test } from 'vitest';
import { ReportFailed } from '../../lib/base/errors.ts';
import type { StepName } from '../../lib/base/step-names.ts';
import { manager } from '../support/breakages.ts';
import { timesOut } from '../support/restore-breakages.ts';
import type { RestoreWorld } from '../support/restore-world.ts';
import { type Also, playRestore, type RestoreCase } from '../support/restores.ts';

/** The first failure: everything after it is the failure path. */
const otherBytes = manager('uploadOtherBytes', {});
const failed = { broken: otherBytes, ends: 'UploadMismatch' } as const;
const asked: Also = ({ target }) => expect(target.state.executions.length, 'a restore').toBeGreaterThan(0);

const SLOW: readonly (readonly [StepName, Partial<RestoreCase>])[] = [
  ['FindTarget', { unclaimed: true, says: /manager m2 is as it was/ }],
  ['SelectArchive', { says: /manager m2 is as it was/ }],
  ['CheckTarget', { says: /manager m2 is as it was/ }],
  ['UploadArchive', { says: /manager m2 is as it was/ }],
  ['CheckUpload', { says: /m2/ }],
  ['StartRestore', { says: /whether manager m2 has begun to restore it is not known/ }],
  ['CheckRestore', { says: /may still be running: do not start another one/, atWork: true, also: asked }],
  ['VerifyRestore', { says: /The restore itself is over.*was not compared/, holds: 'archive' }],
];

describe('a function that never ends', () => {
  test.each(SLOW)('%s: told after its attempts, by the name of the time-out', async (step, one) => {
    await playRestore({ name: step, broken: timesOut(step), ends: 'States.Timeout', ...one });
  });

  test.each(SLOW)('%s: once, then well', async (step) => {
    await playRestore({ name: step, broken: timesOut(step, 1), ends: 'SUCCEEDED' });
  });

  test('UploadArchive by URL: then it is streamed', async () => {
    await playRestore({
      name: 'streamed',
      broken: timesOut('UploadArchive', 2),
      ends: 'SUCCEEDED',
      also: (_both, _result, evidence) => expect(evidence?.method).toBe('stream'),
    });
  });

  test('TidyTarget: the restore stands, and what stays is said', async () => {
    await playRestore({
      name: 'tidy',
      broken: timesOut('TidyTarget'),
      ends: 'SUCCEEDED',
      notes: /What this restore left on the manager was not removed/,
      atWork: true,
      claimStays: true,
    });
  });

  test('TidyTarget after a failure: the first failure keeps its name', async () => {
    await playRestore({
      name: 'tidy',
      ...failed,
      broken: [otherBytes, timesOut('TidyTarget')],
      notes: /was not removed/,
      atWork: true,
      claimStays: true,
    });
  });

  test('RecordRestore: no evidence, and that is said', async () => {
    await playRestore({
      name: 'record',
      broken: timesOut('RecordRestore'),
      ends: 'States.Timeout',
      notes: /There is no report of this restore/,
      holds: 'archive',
      unrecorded: true,
    });
  });

  test('ReportRestore: the evidence is there, and the execution fails for the alarm', async () => {
    await playRestore({
      name: 'report',
      broken: timesOut('ReportRestore'),
      ends: 'States.Timeout',
      messages: 0,
      says: /ReportRestore did not end in time on m2\./,
      holds: 'archive',
      unrecorded: true,
      also: async (both) => expect((await both.evidence()).map(({ state }) => state)).toEqual(['succeeded']),
    });
  });
});

describe('a message', () => {
  const mute = async () => {
    throw new ReportFailed('The report could not be sent to the topic of manager m2 (Throttling).');
  };

  test('that is not heard keeps the first failure', async () => {
    await playRestore({ name: 'mute', ...failed, run: { publish: mute }, messages: 0 });
  });

  test('that is not heard after a success ends as a failure; the evidence stays', async () => {
    await playRestore({
      name: 'mute',
      ends: 'ReportFailed',
      run: { publish: mute },
      messages: 0,
      holds: 'archive',
      unrecorded: true,
      also: async (both) => expect((await both.evidence()).map(({ state }) => state)).toEqual(['succeeded']),
    });
  });

  /** The topic of an account whose quota is used up, or that is being deployed anew. */
  const refusedFor = (seconds: number) => {
    let both: RestoreWorld | undefined;
    let until: number | undefined;
    const delivered: string[] = [];
    const publish = async (subject: string) => {
      const now = both?.world.clock.now().getTime() ?? 0;
      until ??= now + seconds * 1000;
      if (now < until) await mute();
      delivered.push(subject);
    };
    const prepare = (world: RestoreWorld) => {
      both = world;
    };
    return { delivered, publish, prepare };
  };

  test('that is refused for four minutes arrives: the execution of a proven restore succeeds', async () => {
    const { delivered, publish, prepare } = refusedFor(240);
    await playRestore({ name: 'refused', ends: 'SUCCEEDED', run: { publish }, prepare, messages: 0, holds: 'archive' });
    expect(delivered).toEqual([expect.stringMatching(/restore of m2 succeeded$/)]);
  });

  test('that is refused for four minutes arrives after a failure as well, once', async () => {
    const { delivered, publish, prepare } = refusedFor(240);
    await playRestore({ name: 'refused', ...failed, run: { publish }, prepare, messages: 0 });
    expect(delivered).toEqual([expect.stringMatching(/restore of m2 failed$/)]);
  });

  test('that is heard at the third attempt says it once', async () => {
    const heard: string[] = [];
    const publish = async (subject: string) => {
      heard.push(subject);
      if (heard.length < 3) await mute();
    };
    await playRestore({ name: 'deaf at first', ends: 'SUCCEEDED', run: { publish }, messages: 0 });
    expect(heard).toHaveLength(3);
  });
});
