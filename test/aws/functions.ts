import { describe, expect, test } from 'vitest';
import { stepNames } from '../../lib/base/step-names.ts';
import { fileOf } from '../../lib/workflow/steps.ts';
import { call } from './call.ts';
import type { Deployment } from './deployment.ts';
import { workersOf } from './workers.ts';

/** What the processes of functions tell, on Linux. */
const onLinux = test.runIf(process.platform === 'linux');

export function freezeTests(aws: () => Deployment): void {
  // Between two invocations AWS stops the process; what others do to its connections meanwhile it learns too late.
  onLinux('functions that were frozen work on, though the manager has closed all connections', async () => {
    const { prod } = aws().managers;
    const frozen = new Map((await workersOf(aws().emulator)).map(({ functionName, pid }) => [functionName, pid]));
    expect(frozen.size).toBeGreaterThan(10);
    for (const pid of frozen.values()) signal(pid, 'SIGSTOP');
    await prod.stopNode(0);
    await prod.startNode(0);
    const before = prod.state.executions.length;
    const ended = await aws().run('export', { manager: 'prod' }, (states) => {
      // Not before its event is there.
      const state = states.at(-1) ?? '';
      const pid = frozen.get(`offsite-${functionOf(state)}`);
      frozen.delete(`offsite-${functionOf(state)}`);
      if (pid !== undefined) setTimeout(() => signal(pid, 'SIGCONT'), 300);
    });
    for (const pid of frozen.values()) signal(pid, 'SIGCONT');
    expect(ended, ended.history).toMatchObject({ status: 'SUCCEEDED' });
    expect(prod.state.executions.length - before, 'snapshots asked for').toBe(1);
  });
}

/** One that has ended meanwhile is none to wake. */
function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** `CopySpans` is the Map around `CopySpan`; reports of success and failure are one function. */
function functionOf(state: string): string {
  const step = stepNames.find((name) => state === name || state === `${name}s`);
  return step === undefined ? 'report-run' : fileOf(step);
}

interface Facts {
  readonly FunctionName: string;
  readonly MemorySize: number;
}

export function functionTests(aws: () => Deployment): void {
  describe('the deployed functions', () => {
    const functions = async (): Promise<Facts[]> => (await call(aws().emulator, 'lambda', 'ListFunctions')).Functions;

    test('have all run in these tests', async () => {
      const started = new Set(
        [
          ...aws()
            .emulator.log()
            .matchAll(/worker spawned for (\S+)/g),
        ].map(([, name]) => name),
      );
      const never = (await functions()).filter(({ FunctionName }) => !started.has(FunctionName));
      // A person starts these two. They run in test/restore/approval.test.ts and test/cli/aws-decide.test.ts.
      const byPeople = ['offsite-approve-restore', 'offsite-record-decision'];
      expect(never.map(({ FunctionName }) => FunctionName).sort()).toEqual(byPeople);
    });

    onLinux('need no more memory than they are given', async () => {
      const given = new Map((await functions()).map(({ FunctionName, MemorySize }) => [FunctionName, MemorySize]));
      const short = (await workersOf(aws().emulator)).filter(
        ({ functionName, peakMB }) => !(peakMB < (given.get(functionName) ?? 0)),
      );
      expect(short).toEqual([]);
    });
  });
}
