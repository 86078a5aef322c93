import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { CommandLiteral } from '../../lib/cli/command.ts';
import { flagOf } from '../../lib/cli/command.ts';
import { commands as literals } from '../../lib/cli/commands.ts';
import { main } from '../../lib/cli/main.ts';
import { signing } from '../support/signing.ts';

const commands: readonly CommandLiteral[] = literals;

async function scriptFor(shell: string): Promise<string> {
  const shown: string[] = [];
  const terminal = {
    out: { write: (text: string) => shown.push(text) },
    err: { write: () => undefined },
    interrupt: new AbortController().signal,
    signing,
    clock: { now: () => new Date(), sleep: async () => undefined },
  };
  expect(await main(['completion', shell], terminal)).toBe(0);
  return shown.join('');
}

const isInstalled = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

/** What bash itself offers when the cursor is at the end of these words. */
async function offeredByBash(...words: string[]): Promise<string[]> {
  const call = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _offsite`;
  const script = `${await scriptFor('bash')}\n${call} 2>/dev/null\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { cwd: 'test', encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

test('bash completes commands, options, enumerated values, files and folders', async () => {
  expect(await offeredByBash('offsite', 're')).toEqual(['restore', 'retention', 'report', 'reconcile']);
  expect(await offeredByBash('offsite', 'restore', '--re')).toEqual([
    ...['--restore-certificates', '--reason', '--restored-secret', '--restored-username', '--restored-password-file'],
  ]);
  expect(await offeredByBash('offsite', 'restore', '--method', '')).toEqual(['auto', 'url', 'stream']);
  expect(await offeredByBash('offsite', 'restore', '--method', '=', 's')).toEqual(['stream']);
  expect(await offeredByBash('offsite', 'machine', '')).toEqual(
    expect.arrayContaining(['export', 'restore', 'verify']),
  );
  expect(await offeredByBash('offsite', 'restore', '--manager', '')).toEqual([]);
  expect(await offeredByBash('offsite', 'export', '--config', 'rules')).toEqual(['rules.test.ts']);
  expect(await offeredByBash('offsite', 'list', '--from', 'cl')).toEqual(['cli']);
});

test.each(commands)('bash offers every option of offsite $name', async ({ name, options }) => {
  const offered = await offeredByBash('offsite', name, '--');
  expect(offered).toEqual([...options.map(flagOf), '--help']);
});

test.each(['zsh', 'fish'])('the script for %s has every command and option; the shell reads it', async (shell) => {
  const script = await scriptFor(shell);
  for (const { name, options } of commands) {
    expect(script).toContain(name);
    for (const one of options) expect(script).toContain(shell === 'zsh' ? flagOf(one) : `-l ${flagOf(one).slice(2)}`);
  }
  if (!isInstalled(shell)) {
    process.stderr.write(`NOT CHECKED: ${shell} is not installed, so its completion script was not parsed by it.\n`);
    return;
  }
  expect(spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
});
