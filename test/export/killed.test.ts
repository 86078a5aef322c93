import { describe, expect, test } from 'vitest';
import type { Operation } from '../../folder-s3/http/request.ts';
import type { FaultKind } from '../../folder-s3/service/faults.ts';
import type { StepName } from '../../lib/base/step-names.ts';
import { manager } from '../support/breakages.ts';
import { openUploads } from '../support/invariants.ts';
import { Nights } from '../support/nights.ts';
import { oneIn } from '../support/sampled.ts';
import type { Kill } from '../support/virtual-run.ts';
import type { RunOptions, World } from '../support/world.ts';

/** The process dies somewhere in the second night; then `rest` plays out in the same world. */
async function afterDeath(
  how: RunOptions,
  broken: ((world: World) => unknown) | undefined,
  rest: (nights: Nights) => Promise<void>,
) {
  const nights = await Nights.begin();
  const { world } = nights;
  world.sleepTillTomorrow();
  await broken?.(world);
  const dead = await world.run(how);
  expect(dead.outcome, 'died on the way').toMatchObject({ status: 'FAILED', error: 'ExecutionAbortedError' });
  world.s3.faults.clear();
  world.manager.faults.clear();
  try {
    await rest(nights);
  } finally {
    await nights.stop();
  }
}

/** The same night again: it ends as if nobody had ever died. `told`: the dead one had finished but for its last words. */
async function sameNightSucceeds(nights: Nights, isDone = false): Promise<void> {
  const { world } = nights;
  const night = world.snapshotOfRun;
  await nights.again(isDone ? { messages: 0 } : {}, night);
  const ours = world.manager.state.executions.filter((row) => row.parameters?.['snapshot_id'] === night);
  expect(ours, 'the snapshot was made once').toHaveLength(1);
  expect(world.manager.state.snapshots.filter((row) => row.id === night)).toHaveLength(1);
  expect(await world.manifests()).toHaveLength(2);
}

async function nextNightClears(nights: Nights): Promise<void> {
  const { world } = nights;
  const dead = world.snapshotOfRun;
  // Longer than a snapshot may take: whatever became of the dead one's is plain by now.
  await nights.play({ name: 'the next night', ends: 'SUCCEEDED', skipsInvariants: true });
  expect(await openUploads(world), 'uploads').toEqual([]);
  expect(world.manager.state.snapshot(dead, 'default_tenant')?.status, 'a half-made snapshot').not.toBe('creating');
}

const STEPS: readonly (readonly [StepName, number])[] = [
  ['ClaimRun', 1],
  ['FindManager', 1],
  ['CreateSnapshot', 1],
  ['CheckSnapshot', 1],
  ['CheckSnapshot', 2],
  ['PlanTransfer', 1],
  ['CopySpan', 1],
  ['CopySpan', 3],
  ['CompleteTransfer', 1],
  ['InspectArchive', 1],
  ['VerifySpan', 1],
  ['VerifySpan', 2],
  ['RecordArchive', 1],
  ['PruneManager', 1],
  ['ReportRun', 1],
];
const kills = oneIn(
  3,
  STEPS.flatMap(([step, call]): Kill[] => (['before', 'after'] as const).map((when) => ({ step, call, when }))),
);

describe('killed between two steps', () => {
  test.each(kills)('$when call $call of $step: the same night again ends well', async (kill) => {
    const isDone = kill.step === 'ReportRun' && kill.when === 'after';
    await afterDeath({ kill }, undefined, (nights) => sameNightSucceeds(nights, isDone));
  });

  test.each<Kill>([
    { step: 'CreateSnapshot', when: 'after', call: 1 },
    { step: 'CheckSnapshot', when: 'after', call: 2 },
    { step: 'PlanTransfer', when: 'after', call: 1 },
    { step: 'CopySpan', when: 'before', call: 3 },
    { step: 'CopySpan', when: 'after', call: 1 },
    { step: 'CompleteTransfer', when: 'before', call: 1 },
  ])(
    '$when call $call of $step: the next night leaves neither an upload of it nor a half-made snapshot',
    async (kill) => {
      await afterDeath({ kill }, undefined, nextNightClears);
    },
  );

  test.each<Kill>([
    { step: 'RemoveUnverified', when: 'before', call: 1 },
    { step: 'RemoveUnverified', when: 'after', call: 1 },
    { step: 'CleanUp', when: 'before', call: 1 },
    { step: 'CleanUp', when: 'after', call: 1 },
    { step: 'ReportRun', when: 'before', call: 1 },
  ])('$when $step of a run that failed: the same night again ends well', async (kill) => {
    const failing = (world: World) => manager('wrongLengthClean', { missingBytes: 1 }, { step: 'CopySpan' })(world);
    await afterDeath({ kill }, failing, sameNightSucceeds);
  });
});

/** Every request that changes something in storage. */
const WRITES: readonly (readonly [Operation, RegExp])[] = [
  ['PutObject', /^runs\//],
  ['CreateMultipartUpload', /./],
  ['UploadPart', /./],
  ['CompleteMultipartUpload', /./],
  ['PutObject', /^inspections\//],
  ['PutObject', /^manifests\//],
  ['PutObjectTagging', /./],
];

const WHEN: Partial<Record<FaultKind, string>> = { resetBefore: 'before', lostResponse: 'after' };

describe('killed in the middle of a step', () => {
  const cases = WRITES.flatMap(([operation, key]) =>
    (['resetBefore', 'lostResponse'] as const).map((kind) => ({ operation, key, kind, when: WHEN[kind] })),
  );
  test.each(oneIn(3, cases))(
    '$when $operation $key was done: the same night again ends well',
    async ({ operation, key, kind }) => {
      const deadly = (world: World) =>
        world.s3.faults.add({
          operation,
          kind,
          times: Number.POSITIVE_INFINITY,
          when: ({ key: of }) => key.test(of) && died(world),
        });
      await afterDeath({}, deadly, sameNightSucceeds);
    },
  );

  test('while the request for a snapshot was under way: it is found and taken', async () => {
    const deadly = (world: World) =>
      world.manager.faults.inject('lostCreateResponse', {}, { path: Object.assign(/./, { test: () => died(world) }) });
    await afterDeath({}, deadly, sameNightSucceeds);
  });
});

function died(world: World): true {
  world.kill();
  return true;
}
