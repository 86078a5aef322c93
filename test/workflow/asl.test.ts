import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import * as errors from '../../lib/base/errors.ts';
import { stepNames } from '../../lib/base/step-names.ts';
import { type Definition, loadMachine } from '../../lib/workflow/definition.ts';
import { fileOf } from '../../lib/workflow/steps.ts';
import { checkMachine, unusedSteps } from '../support/asl-check.ts';

const machine = loadMachine('export');
const restore = loadMachine('restore');
const verify = loadMachine('verify');
const reconcile = loadMachine('reconcile');
const approve = loadMachine('approve');
const decide = loadMachine('decide');
const report = loadMachine('report');
const diagnose = loadMachine('diagnose');
const digest = loadMachine('digest');

test.each([
  ['export', machine],
  ['restore', restore],
  ['verify', verify],
  ['reconcile', reconcile],
  ['approve', approve],
  ['decide', decide],
  ['report', report],
  ['diagnose', diagnose],
  ['digest', digest],
])('the %s machine keeps the step contract', (_, one) => {
  expect(checkMachine(one)).toEqual([]);
});

test('every step is used by a machine and lives in the file of its name', async () => {
  expect(unusedSteps([machine, restore, verify, reconcile, approve, decide, report, diagnose, digest])).toEqual([]);
  const files = (await readdir(new URL('../../functions/', import.meta.url))).filter((file) => file !== 'README.md');
  expect(files.sort()).toEqual(stepNames.map((name) => `${fileOf(name)}.ts`).sort());
});

/** A copy of a machine with one thing broken. */
function plant(change: (states: Record<string, Record<string, never>>) => void, from = machine): Definition {
  const copy = structuredClone(from) as unknown as { States: Record<string, Record<string, never>> };
  change(copy.States);
  return copy as unknown as Definition;
}

type Any = Record<string, unknown>;
const at = (states: Any, ...path: (string | number)[]) => path.reduce<Any>((o, key) => o[key] as Any, states);

test.each<[string, (states: Any) => void, RegExp]>([
  [
    'a misspelt error name',
    (s) => {
      at(s, 'CreateSnapshot')['Retry'] = [{ ErrorEquals: ['Lambda.Serviceexception'] }];
    },
    /CreateSnapshot: "Lambda.Serviceexception" is no error/,
  ],
  [
    'States.All for States.ALL',
    (s) => {
      at(s, 'PlanTransfer', 'Catch', 0)['ErrorEquals'] = ['States.All'];
    },
    /PlanTransfer: "States.All" is no error/,
  ],
  [
    'a renamed parameter',
    (s) => {
      const parameters = at(s, 'CheckSnapshot', 'Parameters');
      parameters['created.$'] = parameters['creation.$'];
      delete parameters['creation.$'];
    },
    /CheckSnapshot: gives CheckSnapshot a parameter "created"[\s\S]*does not give CheckSnapshot its parameter "creation"/,
  ],
  [
    'a path that is never assigned',
    (s) => {
      at(s, 'CompleteTransfer', 'Parameters')['transfer.$'] = '$.transfer';
    },
    /CompleteTransfer: uses \$\.transfer, which is not assigned/,
  ],
  [
    'a round that hands on what its step does not give',
    (s) => {
      at(s, 'CopySpans', 'ItemProcessor', 'States', 'CopySpan')['OutputPath'] = '$.crc';
    },
    /CopySpan: hands on \$\.crc, which its step does not give/,
  ],
  [
    'a field that the output does not have',
    (s) => {
      at(s, 'CreateSnapshot', 'Parameters')['node.$'] = '$.run.endpoint';
    },
    /CreateSnapshot: uses \$\.run\.endpoint/,
  ],
  [
    'a path that only one of two ways assigns',
    (s) => {
      at(s, 'PruneManager', 'Parameters')['node.$'] = '$.plan.transfer.node';
    },
    /PruneManager: uses \$\.plan\.transfer\.node, which is not assigned on every way/,
  ],
  [
    'a path inside the Map that its ItemSelector does not hand in',
    (s) => {
      delete at(s, 'CopySpans', 'ItemSelector')['transfer.$'];
    },
    /CopySpan: uses \$\.transfer/,
  ],
  ['a Task without Catch', (s) => void delete at(s, 'RecordArchive')['Catch'], /RecordArchive: has no Catch/],
  ['a Map without Catch', (s) => void delete at(s, 'VerifySpans')['Catch'], /VerifySpans: has no Catch/],
  [
    'a Resource that is no step',
    (s) => {
      at(s, 'PlanTransfer')['Resource'] = `\${PlanTransfers}`;
    },
    /PlanTransfer: its Resource \$\{PlanTransfers\} is no step/,
  ],
  [
    'a clean-up that ends well',
    (s) => {
      at(s, 'CleanUp')['Next'] = 'ReportSuccess';
    },
    /can end in Exported, which is no Fail/,
  ],
  [
    'a state that nothing leads to',
    (s) => {
      s['Forgotten'] = { Type: 'Succeed' };
    },
    /Forgotten: is never reached/,
  ],
  [
    'a next state that does not exist',
    (s) => {
      at(s, 'WaitForSnapshot')['Next'] = 'LookAtSnapshot';
    },
    /goes to "LookAtSnapshot", which does not exist/,
  ],
])('the check finds %s', (_, change, expected) => {
  expect(checkMachine(plant(change)).join('\n')).toMatch(expected);
});

test.each<[string, (states: Any) => void, RegExp]>([
  [
    'a failure of the restore that goes on as if nothing had happened',
    (s) => {
      at(s, 'CheckRestore', 'Catch', 0)['Next'] = 'VerifyRestore';
    },
    /CheckRestore: what it catches can end in Restored, which is no Fail/,
  ],
  [
    'a failed tidying that nobody hears of',
    (s) => {
      at(s, 'TidyTarget', 'Catch', 0)['ResultPath'] = '$.tidied';
    },
    /TidyTarget: what it catches can end in Restored/,
  ],
  [
    'a partial restore without a message',
    (s) => {
      at(s, 'Partial', 'Parameters')['Cause.$'] = '$.verification.text';
    },
    /Partial: uses \$\.verification\.text/,
  ],
])('the check finds %s', (_, change, expected) => {
  expect(checkMachine(plant(change, restore)).join('\n')).toMatch(expected);
});

const round = ['VerifyArchives', 'ItemProcessor', 'States'] as const;

test.each<[string, (states: Any) => void, RegExp]>([
  [
    'a damaged archive that goes on as a whole one',
    (s) => {
      at(s, ...round, 'VerifySpans', 'Catch', 0)['Next'] = 'MarkRead';
    },
    /MarkRead: uses \$\.verified, which is not[\s\S]*VerifySpans: what it catches is not handed to MarkRead/,
  ],
  [
    'a verification that ends well whatever it found',
    (s) => {
      at(s, 'ReportFailure')['Next'] = 'Verified';
    },
    /VerifyArchives: what it catches can end in Verified, which is no Fail/,
  ],
  [
    'a round that hands back something else',
    (s) => {
      at(s, ...round, 'NotMarked', 'Parameters')['result'] = 'unread';
    },
    /NotMarked: ends a round with result, which MarkArchive does not give/,
  ],
])('the check finds %s', (_, change, expected) => {
  expect(checkMachine(plant(change, verify)).join('\n')).toMatch(expected);
});

test('the check finds a step that no machine uses', () => {
  const without = plant((s) => void delete s['PruneManager']);
  expect(unusedSteps([without, restore, verify, reconcile, approve, decide, report, diagnose, digest])).toEqual([
    'PruneManager',
  ]);
});

test('every error has its own name as a literal, which is what Step Functions sees', async () => {
  const source = await readFile(new URL('../../lib/base/errors.ts', import.meta.url), 'utf8');
  for (const [name, Class] of Object.entries(errors)) {
    if (name === 'OffsiteError') continue;
    const error = new (Class as unknown as new (message: string) => Error)('what happened');
    expect(error.name).toBe(name);
    expect(source).toContain(`override readonly name = '${name}';`);
  }
});

test('every error is thrown somewhere: a name nobody throws is a promise nobody keeps', async () => {
  let source = '';
  for (const root of ['../../functions/', '../../lib/', '../../folder-s3/']) {
    for (const file of await readdir(new URL(root, import.meta.url), { recursive: true })) {
      if (!file.endsWith('.ts') || file === 'base/errors.ts') continue;
      source += await readFile(new URL(root + file, import.meta.url), 'utf8');
    }
  }
  // Made by the state machine itself, which has no `new`.
  source += /"Error": "(\w+)"/.exec(JSON.stringify(restore, null, 1))?.map((name) => `new ${name}(`) ?? '';
  const unused = Object.keys(errors).filter((name) => name !== 'OffsiteError' && !source.includes(`new ${name}(`));
  expect(unused).toEqual([]);
});
