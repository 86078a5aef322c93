/**
 * What a command is: one literal. The parser, `--help`, docs/reference/commands and shell completion are made from it. Literals
 * import no schema and no SDK, because `offsite --help` loads all of them.
 */

export interface OptionRules {
  /** What the option applies to: an installation in AWS, or a run on this machine. Default: both. */
  readonly where?: 'aws' | 'local';
  readonly required?: true;
  /** May be given more than once. */
  readonly repeats?: true;
  readonly choices?: readonly string[];
  /** From the text to the value. Throws `UsageError`, which names the flag. */
  readonly parse?: (text: string, flag: string) => unknown;
  /** Flags that exclude it. */
  readonly conflicts?: readonly string[];
  /** The flag that must be given with it. */
  readonly needs?: string;
  /** The variable of the environment that gives it where the command line does not. */
  readonly env?: string;
  /** Its heading in --help, where `where` does not say enough. */
  readonly group?: string;
}

export interface CommandOption extends OptionRules {
  /** `--as-of <TIME>`, `--wait` or `--no-reboot` */
  readonly flags: string;
  readonly help: string;
}

export interface CommandArgument {
  /** `<ARCHIVE>` is required, `[ARCHIVE]` is not, and of `[ARCHIVE...]`, which comes last, there may be many. */
  readonly term: string;
  readonly help: string;
  readonly choices?: readonly string[];
}

export interface CommandLiteral {
  readonly name: string;
  /** Its heading in the list of commands. */
  readonly group: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Paragraphs with a blank line between them. */
  readonly about: string;
  readonly arguments: readonly CommandArgument[];
  readonly options: readonly CommandOption[];
  /** Meaning of the exit codes, where it differs from that of most commands. */
  readonly exits?: string;
  /** The page of the documentation that explains more, with its anchor. */
  readonly see: string;
  /** What it prints is for a program or stays on the screen while it runs, and `--quiet` leaves it. */
  readonly prints?: 'document';
}

/** Every command has `--quiet`, so that a script may add it to any; lib/cli/manners.ts alone looks at it. */
export const command = <const C extends CommandLiteral>(literal: C): C => {
  const help = literal.prints === 'document' ? 'print nothing but what is asked for' : QUIET;
  return { ...literal, options: [...literal.options, option('--quiet', help)] };
};

const QUIET = 'print nothing if the exit code is 0, except the document of --json or --csv';

export function option<const F extends string, const R extends OptionRules = Record<never, never>>(
  flags: F,
  help: string,
  rules?: R,
): { readonly flags: F; readonly help: string } & R {
  return { flags, help, ...(rules as R) };
}

export function argument<const T extends string, const C extends readonly string[] = readonly string[]>(
  term: T,
  help: string,
  choices?: C,
): { readonly term: T; readonly help: string; readonly choices?: C } {
  return choices ? { term, help, choices } : { term, help };
}

/** Options under one heading of --help. */
export function inGroup<const O extends readonly CommandOption[]>(group: string, options: O): O {
  return options.map((one) => ({ ...one, group })) as unknown as O;
}

/** Options that apply with `--local` alone: an installation in AWS reads the same from a secret. */
export function localOnly<const O extends readonly CommandOption[]>(options: O): O {
  return options.map((one) => ({ ...one, where: 'local' })) as unknown as O;
}

/** Whether there may be many of it. */
export const isMany = ({ term }: CommandArgument): boolean => term.includes('...');

/** `--as-of <TIME>` → `--as-of` */
export const flagOf = ({ flags }: CommandOption): string => flags.split(' ')[0] ?? flags;
/** `--as-of <TIME>` → `TIME`; undefined: the option takes no value. */
export const placeholderOf = ({ flags }: CommandOption): string | undefined => /<(.+)>/.exec(flags)?.[1];

type Camel<S extends string> = S extends `${infer A}-${infer B}` ? `${A}${Capitalize<Camel<B>>}` : S;
type Bare<F extends string> = F extends `--no-${infer N}` ? N : F extends `--${infer N}` ? N : never;
type OptionKey<O extends CommandOption> = Camel<Bare<O['flags'] extends `${infer F} <${string}` ? F : O['flags']>>;
type Parsed<O> = O extends { parse: (text: string, flag: string) => infer T } ? T : string;
type Chosen<O> = O extends { choices: readonly (infer C)[] } ? C : Parsed<O>;
type OptionValue<O extends CommandOption> = O['flags'] extends `${string} <${string}`
  ? O extends { repeats: true }
    ? string[]
    : Chosen<O>
  : boolean;
type ArgumentName<A extends CommandArgument> = A['term'] extends `<${infer N}>` | `[${infer N}]` ? N : never;
type ArgumentKey<A extends CommandArgument> = Lowercase<ArgumentName<A> extends `${infer N}...` ? N : ArgumentName<A>>;
type ArgumentValue<A extends CommandArgument> = A['term'] extends `[${string}...]`
  ? string[]
  : A extends { choices?: readonly (infer C)[] }
    ? C
    : string;

type RequiredOption<C extends CommandLiteral> = Extract<C['options'][number], { required: true }>;
type RequiredArgument<C extends CommandLiteral> = Extract<C['arguments'][number], { term: `<${string}` }>;
type Optional<C extends CommandLiteral> = Exclude<C['options'][number], RequiredOption<C>>;
type OptionalArgument<C extends CommandLiteral> = Exclude<C['arguments'][number], RequiredArgument<C>>;

/** What a handler receives: `--as-of` as `asOf`, `<ARCHIVE>` as `archive`. */
export type Given<C extends CommandLiteral> = {
  readonly [O in Optional<C> as OptionKey<O>]?: OptionValue<O> | undefined;
} & { readonly [O in RequiredOption<C> as OptionKey<O>]: OptionValue<O> } & {
  readonly [A in OptionalArgument<C> as ArgumentKey<A>]?: ArgumentValue<A> | undefined;
} & { readonly [A in RequiredArgument<C> as ArgumentKey<A>]: ArgumentValue<A> };
