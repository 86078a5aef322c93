import { beforeAll, expect, test } from 'vitest';
import { stepNames } from '../../lib/base/step-names.ts';
import { functionConfigOf } from '../../lib/config/function-config.ts';
import { parseConfig } from '../../lib/config/offsite-config.ts';
import { fileOf, functionName, talkingSteps } from '../../lib/workflow/steps.ts';
import { EVERYTHING, SMALLEST, synthesize } from './synth.ts';
import { rolesIn, type Templates, templatesOf } from './templates.ts';

let everything: Templates;
let smallest: Templates;
beforeAll(() => {
  everything = templatesOf(synthesize(EVERYTHING));
  smallest = templatesOf(synthesize(SMALLEST));
});

const calls = ({ resources }: Templates) =>
  resources.filter(
    ({ Type, Properties }) => Type === 'AWS::Scheduler::Schedule' && String(Properties['Name']).startsWith('ready_'),
  );
/** Names, or patterns of names, of the functions that the role of the schedules may call. */
const mayCall = (made: Templates) =>
  rolesIn(made)
    .filter(({ allowed }) => allowed.some(({ Action }) => Action.includes('states:StartExecution')))
    .filter(({ id }) => id.startsWith('Schedules'))
    .flatMap(({ allowed }) => allowed.filter(({ Action }) => Action.includes('lambda:InvokeFunction')))
    .flatMap(({ Resource }) => Resource.map((arn) => arn.split(':').at(-1)));

test('each function in the VPC is called once a day, those of each group too', () => {
  const wanted = talkingSteps.map((step) => `ready_${fileOf(step)}`);
  const names = calls(everything).map(({ Properties }) => Properties['Name']);
  expect(names.sort()).toEqual([...wanted, ...wanted].sort());
  for (const { Properties } of calls(everything)) {
    const { Input, Arn } = Properties['Target'] as { Input: string; Arn: string };
    expect([Properties['ScheduleExpression'], JSON.parse(Input)]).toEqual(['rate(1 day)', { ping: true }]);
    expect(Arn).toMatch(/^<Functions\w+\.Arn>$/);
  }
  expect(names).toContain('ready_start-restore');
});

test('without a VPC there are no such calls, and the role of the schedules may call no function', () => {
  expect(calls(smallest)).toEqual([]);
  expect(mayCall(smallest)).toEqual([]);
});

test('the role of the schedules may call these functions and no other', () => {
  const wanted = talkingSteps.flatMap((step) => [functionName('lab-7', step), functionName('lab-7_*', step)]);
  expect(mayCall(everything).sort()).toEqual(wanted.sort());
});

test.each(stepNames)(
  '%s answers such a call without doing anything, and nothing that only looks like one',
  async (step) => {
    // Nothing is configured here: whatever it did would fail.
    const { handler } = await import(`../../functions/${fileOf(step)}.ts`);
    await expect(handler({ ping: true })).resolves.toBeNull();
    for (const other of [{ ping: true, manager: 'prod' }, { ping: 'true' }, [true], 'ping', null])
      await expect(handler(other)).rejects.toThrow();
  },
);

test('the first manager of each group looks whether its functions are ready, if there is a VPC', () => {
  const watching = (config: object) => {
    const { managers } = functionConfigOf(parseConfig(config));
    return Object.keys(managers).filter((id) => managers[id]?.inNetwork);
  };
  expect(watching(EVERYTHING)).toEqual(['prod', 'far']);
  expect(watching(SMALLEST)).toEqual([]);
});
