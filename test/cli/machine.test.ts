import { expect, test } from 'vitest';
import { machineNames } from '../../lib/base/machine-names.ts';
import { main } from '../../lib/cli/main.ts';
import { type AslState, allStates, type Definition, loadMachine } from '../../lib/workflow/definition.ts';
import { VirtualClock } from '../support/clock.ts';
import { signing } from '../support/signing.ts';

async function offsite(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(args, {
    out: { write: (text) => out.push(text) },
    err: { write: (text) => err.push(text) },
    interrupt: new AbortController().signal,
    signing,
    clock: new VirtualClock(),
  });
  return { code, out: out.join(''), err: err.join('') };
}

test.each(machineNames)('offsite machine %s prints the machine that runs, and nothing else', async (name) => {
  const { code, out, err } = await offsite('machine', name);
  expect([code, err]).toEqual([0, '']);
  expect(JSON.parse(out)).toEqual(loadMachine(name));
});

test('offsite machine puts ARNs in place of all names, those in a Map included', async () => {
  const prefix = 'arn:aws-cn:lambda:cn-north-1:111122223333:function:lab-7';
  const { code, out } = await offsite('machine', 'export', '--functions', prefix);
  expect(code).toBe(0);
  const states = new Map<string, AslState>(allStates((JSON.parse(out) as Definition).States));
  expect(states.get('ReportFailure')?.Resource).toBe(`${prefix}-report-run`);
  expect(states.get('CopySpan')).toMatchObject({ Resource: `${prefix}-copy-span`, TimeoutSeconds: 930 });
  expect(out).not.toContain('${');
});

test.each([
  [['machine'], "offsite: UsageError: Missing required argument 'MACHINE'. See: offsite machine --help\n"],
  [
    ['machine', 'exprot'],
    "offsite: UsageError: Command-argument value 'exprot' is invalid for argument 'MACHINE'. Allowed choices are export, restore, verify, reconcile, approve, decide, report, diagnose, digest. See: offsite machine --help\n",
  ],
  [
    ['machine', 'export', '--functions', 'offsite'],
    /--functions offsite: must be arn:aws:lambda:REGION:ACCOUNT:function:NAME/,
  ],
])('offsite %j is refused in one line', async (args, expected) => {
  const { code, out, err } = await offsite(...args);
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(expected);
});
