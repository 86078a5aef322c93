import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CommandLiteral, flagOf } from '../../lib/cli/command.ts';
import { commands } from '../../lib/cli/commands.ts';
import { main } from '../../lib/cli/main.ts';
import { parseCommandLine } from '../../lib/cli/parse.ts';
import { startSimulatedManager } from '../../simulator/manager/server.ts';
import { VirtualClock } from '../support/clock.ts';
import { blocks, texts, wordsOf } from '../support/docs-blocks.ts';
import { signing } from '../support/signing.ts';

/**
 * Each block of commands in the documentation: those of the tutorial run (for other pages see docs-run.test.ts), each `offsite`
 * line elsewhere passes the parser, and a block with commands of others says why no test runs it: "```sh not run: needs an AWS account".
 */
test('no block has commands that nothing runs, unless it says why', () => {
  expect(blocks.length).toBeGreaterThan(50);
  for (const { page, why, lines } of blocks) {
    if (why === undefined)
      for (const line of lines) expect(line, page).toMatch(/^(offsite|export|umask|echo|mkdir|cd) /);
    else expect(why, page).toMatch(/^\w.{10,}/);
  }
});

test('no command stands in a block that is not one of commands', () => {
  for (const [page, text] of texts)
    for (const [, body = ''] of text.matchAll(/^ *```\n([\s\S]*?)^ *```/gm))
      expect(body, `${page}: begin the block with \`\`\`sh`).not.toMatch(/^ *offsite [a-z]/m);
});

test('each command in a sentence exists, with each of its options', () => {
  const optionsOf = new Map(
    (commands as readonly CommandLiteral[]).map(({ name, options }) => [name, ['--help', ...options.map(flagOf)]]),
  );
  const named = texts.flatMap(([page, text]) =>
    [...text.matchAll(/`offsite ([a-z][a-z0-9-]*)((?:\s[^`]*)?)`/g)].map(([, name = '', rest = '']) => ({
      page,
      name,
      flags: rest.match(/(?<![\w-])--[a-z][a-z0-9-]*/g) ?? [],
    })),
  );
  expect(named.length).toBeGreaterThan(150);
  for (const { page, name, flags } of named) {
    const own = optionsOf.get(name);
    expect(own, `${page}: offsite ${name}`).toBeDefined();
    for (const flag of flags) expect(own, `${page}: offsite ${name} ${flag}`).toContain(flag);
  }
});

const offsiteLines = blocks.flatMap(({ page, lines }) =>
  lines.filter((line) => line.startsWith('offsite ')).map((line) => [page, line] as const),
);

test.each(offsiteLines)('%s: the command line takes %s', (_, line) => {
  const args = wordsOf(line.replace(/ *(>|\|).*$/, '')).slice(1);
  const environment = { OFFSITE_CONFIG: '/etc/offsite/offsite.json' };
  const read = () => parseCommandLine(args, 100, args.includes('--local') || args[0] === 'schedule' ? environment : {});
  expect(read).not.toThrow();
});

test('the tutorial of one machine: each of its blocks does what it says', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'offsite-tutorial-'));
  const clock = new VirtualClock(new Date().toISOString());
  const shown: string[] = [];
  const managers = new Map<string, Awaited<ReturnType<typeof startSimulatedManager>>>();
  const run = async (line: string): Promise<void> => {
    const words = wordsOf(line);
    if (words[0] === 'echo') return await writeFile(join(dir, words[3] ?? ''), `${words[1]}\n`, { mode: 0o600 });
    if (words[1] === 'simulate-manager') {
      const { given } = parseCommandLine(words.slice(1)) as {
        given: { port: number; password: string; holds: 'nothing' };
      };
      const options = {
        password: given.password,
        holds: given.holds,
        now: clock.now,
        createSeconds: 0,
        restoreSeconds: 5,
      };
      managers.set(String(given.port), await startSimulatedManager({ ...options, archive: { sizeBytes: 200_000 } }));
      return;
    }
    if (words[0] !== 'offsite') return;
    const args = words.slice(1).map((word) => {
      const port = /^http:\/\/127\.0\.0\.1:(\d+)$/.exec(word)?.[1];
      if (port) return managers.get(port)?.urls[0] ?? 'no such manager';
      return ['password', 'password-new', 'backup', 'report.html'].includes(word) ? join(dir, word) : word;
    });
    const write = (text: string) => shown.push(text);
    const code = await main(args, {
      out: { write },
      err: { write },
      interrupt: new AbortController().signal,
      signing,
      clock,
    });
    expect([line, code, shown.join('')]).toEqual([line, 0, expect.any(String)]);
  };
  try {
    const tutorial = blocks.filter(({ page }) => page === 'docs/tutorials/one-machine.md');
    expect(tutorial.every(({ why }) => why === undefined)).toBe(true);
    for (const line of tutorial.flatMap(({ lines }) => lines)) await run(line);
    const said = shown.join('');
    expect(said).toMatch(/^Verified {2}all \d+ files, inflated from storage, each against its own CRC-32$/m);
    expect(said).toMatch(/^Verified {2}12 types in 2 tenants agree with the archive/m);
    expect(said).toMatch(/^Report {4}\S+restores\/prod-new\//m);
    expect(said).not.toMatch(/\bfailed\b.*:/);
  } finally {
    for (const manager of managers.values()) await manager.close();
    await rm(dir, { recursive: true, force: true });
  }
});
