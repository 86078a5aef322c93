import { expect, test } from 'vitest';
import * as errors from '../../lib/base/errors.ts';
import { main } from '../../lib/cli/main.ts';
import * as awsErrors from '../../lib/installation/errors.ts';
import { VirtualClock } from '../support/clock.ts';

async function offsite(args: readonly string[], isTTY = false): Promise<{ code: number; out: string; err: string }> {
  const said: Record<'out' | 'err', string[]> = { out: [], err: [] };
  const code = await main(args, {
    out: { write: (text) => said.out.push(text) },
    err: { write: (text) => said.err.push(text), isTTY },
    interrupt: new AbortController().signal,
    clock: new VirtualClock(),
    signing: { stateFolder: '/nonexistent' },
  });
  return { code, out: said.out.join(''), err: said.err.join('') };
}

const names = [
  ...Object.keys(errors).filter((name) => name !== 'OffsiteError'),
  ...Object.keys(awsErrors),
  'UsageError',
];

test.each(names)('offsite explain %s says what happened, what to do and what was tried again', async (name) => {
  const { code, out } = await offsite(['explain', name]);
  expect(code).toBe(0);
  expect(out).toContain(`# ${name}\n`);
  for (const heading of ['What happened', 'What to do', 'What was tried again']) {
    const section = out.split(`## ${heading}\n\n`)[1] ?? '';
    expect(section.split('\n## ')[0]?.trim(), heading).toMatch(/^\S.{7,}/);
  }
});

test('the list has each error, and each article that one of their pages leads to', async () => {
  const { out: list } = await offsite(['explain']);
  const listed = list.split('\n').map((line) => line.trim());
  for (const name of names) expect(listed).toContain(name);
  const led = await Promise.all(names.map(async (name) => (await offsite(['explain', name])).out));
  const articles = [...new Set(led.join('\n').match(/(?<=offsite explain )[\w-]+/g))];
  expect(articles.length).toBeGreaterThan(5);
  for (const article of articles) expect((await offsite(['explain', article])).code, article).toBe(0);
});

test('a name in other letters is found; one that does not exist names those that are like it', async () => {
  expect((await offsite(['explain', 'managerbusy'])).out).toContain('# ManagerBusy');
  const busy = await offsite(['explain', 'busy']);
  expect(busy).toMatchObject({ code: 2, out: '' });
  expect(busy.err).toContain('Similar: ManagerBusy, managerbusy-for-two-hours.');
});

test('an error at a terminal names the command that explains it; in a log it stays one line', async () => {
  const args = ['list', '--local', '--config', '/nonexistent/offsite.json'];
  const seen = await offsite(args, true);
  const name = /^offsite: (\w+): /.exec(seen.err)?.[1];
  expect(seen.err).toMatch(new RegExp(`\\n  More: offsite explain ${name}\\n$`));
  expect((await offsite(args)).err).not.toContain('More:');
});

test('the address of a page is enough, as messages name it now and as earlier versions did', async () => {
  const now = await offsite(['explain', 'docs/reference/secret.md']);
  expect(now).toMatchObject({ code: 0, out: expect.stringMatching(/^# The secret of a manager\n/) });
  for (const old of ['docs/secret.md', 'secret.md', 'docs/secret.md#fields', 'docs/errors/ManagerBusy.md'])
    expect((await offsite(['explain', old])).code, old).toBe(0);
  expect((await offsite(['explain', 'docs/secret.md'])).out).toBe(now.out);
  for (const none of ['docs/none.md', '../package.md', 'docs/../README.md', '/etc/passwd', 'docs'])
    expect(await offsite(['explain', none]), none).toMatchObject({ code: 2, out: '' });
});

test('a line as it was printed is enough, with quotation marks or without', async () => {
  const message = 'Manager m1 at http://m1 cannot be found: the host name does not resolve from here.';
  for (const line of [
    [`offsite: ManagerUnavailable: ${message}`],
    `offsite: prod: ManagerUnavailable: ${message}`.split(' '),
    ['ManagerUnavailable:'],
    [`2026-12-01T02:16:00Z offsite: ManagerUnavailable: ${message} InvalidSecret`],
  ])
    expect((await offsite(['explain', ...line])).out, line.join(' ')).toMatch(/^# ManagerUnavailable\n/);
  // A word of a sentence is no name.
  expect(await offsite(['explain', 'how', 'does', 'retention', 'work'])).toMatchObject({ code: 2, out: '' });
});
