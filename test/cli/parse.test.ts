import { expect, test } from 'vitest';
import { type CommandLiteral, flagOf, placeholderOf } from '../../lib/cli/command.ts';
import { commands as literals } from '../../lib/cli/commands.ts';
import { parseCommandLine } from '../../lib/cli/parse.ts';
import { RestoreInput } from '../../lib/restore/input.ts';

const commands: readonly CommandLiteral[] = literals;
const given = (line: string) => (parseCommandLine(line.split(' ')) as { given: unknown }).given;
const refusal = (line: string) => {
  try {
    parseCommandLine(line.split(' '));
  } catch (error) {
    return `${error}`;
  }
  return 'accepted';
};

test('no command line is help; an unknown command is none, also with --help', () => {
  expect(parseCommandLine([])).toEqual(parseCommandLine(['--help']));
  expect(parseCommandLine(['help', 'keep'])).toEqual(parseCommandLine(['keep', '--help']));
  expect(refusal('nope --help')).toMatch(/UsageError: Unknown command 'nope'/);
});

test.each(commands)('offsite $name --help names every option once, with its help', (command) => {
  const { text } = parseCommandLine([command.name, '--help']) as { text: string };
  const words = text.replaceAll(/\s+/g, ' ');
  for (const { flags, help } of command.options) {
    expect(text.match(new RegExp(`^  ${flags.replaceAll('.', '\\.')}  `, 'gm')), flags).toHaveLength(1);
    expect(words).toContain(help);
  }
});

const withValues = commands.flatMap((command) =>
  command.options.filter((one) => placeholderOf(one) !== undefined).map((one) => [command.name, flagOf(one)] as const),
);

test.each(withValues)('offsite %s: the flag after %s is not taken for its value', (name, flag) => {
  expect(refusal(`${name} ${flag} --json`)).toContain(`${flag}: its value is missing`);
});

const ofOnePlace = commands.flatMap(({ name, options }) =>
  options.some((one) => flagOf(one) === '--local')
    ? options.flatMap((one) => (one.where ? [[name, flagOf(one), one.where, one] as const] : []))
    : [],
);

/** Of options that take no plain number. */
const VALUES: Readonly<Record<string, string>> = { '--size': '1MiB', '--bandwidth': '20MB/s' };

test.each(ofOnePlace)('offsite %s: %s applies to %s alone', (name, flag, where, one) => {
  const value = one.choices ? one.choices[0] : (VALUES[flag] ?? '1');
  const words = commands.find((c) => c.name === name)?.arguments.map(({ choices }) => choices?.[0] ?? 'x') ?? [];
  const line = [name, ...words, flag];
  if (placeholderOf(one) !== undefined) line.push(value ?? '');
  if (where === 'aws') line.push('--local');
  expect(refusal(line.join(' '))).toContain(where === 'aws' ? `${flag} is for what is deployed` : `${flag} goes with`);
});

test('what commander would do otherwise: options anywhere, values with "=", repeated options, negated ones', () => {
  expect(given('show --json m1/latest')).toMatchObject({ json: true, archive: 'm1/latest' });
  expect(given('export --local --reason=--x --manager-url a --manager-url b --manager m')).toMatchObject({
    reason: '--x',
    managerUrl: ['a', 'b'],
  });
  expect(refusal('export --local --manager-url a b')).toContain("Unexpected argument 'b'");
  expect(given('simulate-manager --version 6.4.2')).toMatchObject({ version: '6.4.2' });
  expect(given('restore --manager m --no-reboot')).toMatchObject({ reboot: false, recreateDeploymentsEnvs: true });
  expect(refusal('restore --manager m --as-of')).toContain("'--as-of <TIME>' argument missing");
  expect(refusal('list --wiat')).toContain("Unknown option '--wiat'");
  expect(refusal('export --wiat')).toContain('Did you mean --wait?');
});

test('values that an option enumerates are those that the input of a restore takes', () => {
  const method = commands.flatMap(({ options }) => options).find((one) => flagOf(one) === '--method');
  expect(method?.choices).toEqual(RestoreInput.shape.method.unwrap().options);
});
