import { type Command, Option } from 'commander';
import { type CommandLiteral, type CommandOption, flagOf } from './command.ts';
import { UsageError } from './usage.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** `--s3-endpoint` → `s3Endpoint`, as commander names it. */
export const keyOf = (flag: string): string => new Option(flag).attributeName();

/**
 * Options that the command line does not give and a variable does (`OFFSITE_BUCKET`). The command line counts more: a
 * variable that it excludes (`--to` excludes a bucket), or that belongs to the other place, is as good as not set. An
 * empty variable is none. Throws `UsageError`, which names the variable.
 */
export function addFromEnvironment({ options }: CommandLiteral, command: Command, environment: Environment): void {
  const all: readonly CommandOption[] = options;
  const sourceOf = (flag: string) => command.getOptionValueSource(keyOf(flag));
  const hasPlaces = all.some((one) => flagOf(one) === '--local');
  const place = sourceOf('--local') === 'cli' ? 'local' : 'aws';
  for (const one of all) {
    const flag = flagOf(one);
    const text = one.env === undefined ? undefined : environment[one.env];
    if (one.env === undefined || !text || sourceOf(flag) === 'cli') continue;
    if (hasPlaces && one.where !== undefined && one.where !== place) continue;
    const against = all.filter((other) => excludes(one, other) && sourceOf(flagOf(other)) !== undefined);
    if (against.some((other) => sourceOf(flagOf(other)) === 'cli')) continue;
    if (against[0]) throw new UsageError(`${one.env} and ${against[0].env} exclude each other: unset one of them.`);
    if (one.needs !== undefined && sourceOf(one.needs) === undefined)
      throw new UsageError(`${one.env} needs ${one.needs} as well, or its variable.`);
    command.setOptionValueWithSource(keyOf(flag), chosen(one, text), 'env');
  }
}

function excludes(one: CommandOption, other: CommandOption): boolean {
  const [a, b] = [flagOf(one), flagOf(other)];
  return one.conflicts?.includes(b) === true || other.conflicts?.includes(a) === true;
}

function chosen({ env = '', parse, choices }: CommandOption, text: string): unknown {
  if (choices && !choices.includes(text)) throw new UsageError(`${env} ${text}: must be one of ${choices.join(', ')}.`);
  return parse ? parse(text, env) : text;
}
