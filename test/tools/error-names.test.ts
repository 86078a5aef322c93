import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { Interrupted, StorageRefused } from '../../lib/base/errors.ts';
import { namedFailure } from '../../lib/cli/named-failure.ts';
import { UsageError } from '../../lib/cli/usage.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');
const DOCUMENTED = new Set(
  [...textOf('docs/reference/errors.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name ?? ''),
);

const files = ['lib', 'bin', 'functions', 'folder-s3', 'simulator'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length)),
);

/** Every class of errors: those that extend Error, and those that extend these. */
const classes = new Map<string, { file: string; base: string }>();
const all = files.flatMap((file) =>
  [...textOf(file).matchAll(/\bclass (\w+) extends (\w+)/g)].map(([, name = '', base = '']) => ({ file, name, base })),
);
for (let before = -1; before < classes.size; ) {
  before = classes.size;
  for (const { name, file, base } of all) if (base === 'Error' || classes.has(base)) classes.set(name, { file, base });
}

/** Errors of the inside, and the file that catches each: none of them ends a command. */
const CAUGHT: Readonly<Record<string, string>> = {
  Broken: 'lib/manager/archive-download.ts',
  DumpFault: 'lib/snapshot/pg-dump.ts',
  EndedEarly: 'lib/zip/check-member.ts',
  Fault: 'lib/snapshot/strict-json.ts',
  NotOurs: 'lib/local/adopt.ts',
  NotVerified: 'lib/local/span-threads.ts',
  PageFault: 'lib/snapshot/count-items.ts',
  PausedTooLong: 'lib/manager/archive-download.ts',
  Refusal: 'simulator/manager/front.ts',
  S3Error: 'folder-s3/service/service.ts',
  SourceError: 'simulator/manager/upload-by-url.ts',
  TooSlow: 'lib/storage/s3-errors.ts',
  Undeliverable: 'lib/notify/notifier.ts',
};
/** Those that are told apart by their code, in these files. */
const BY_CODE: Readonly<Record<string, string>> = { InsideAddress: 'lib/notify/undeliverable.ts' };
/** They take the name of what ended an execution. */
const OF_EXECUTIONS = ['DecisionFailed', 'ReportFailed', 'ReportNotKept'];

/** Its own name, or that of what it extends. */
function shownAs(name: string): string {
  const { file, base } = classes.get(name) ?? { file: '', base: '' };
  const body = file === '' ? '' : (textOf(file).split(`class ${name} extends`)[1] ?? '').split('\n}')[0];
  const own = /override readonly name = '(\w+)'/.exec(body ?? '')?.[1];
  return own ?? (classes.has(base) ? shownAs(base) : name);
}

test.each([...classes.keys()].filter((name) => name !== 'OffsiteError').sort())(
  '%s: has a page, or is caught before it ends a command',
  (name) => {
    const { file } = classes.get(name) ?? { file: '' };
    if (OF_EXECUTIONS.includes(name) && file !== 'lib/base/errors.ts')
      return expect(textOf(file)).toMatch(/this\.name = name/);
    if (BY_CODE[name]) return expect(textOf(BY_CODE[name])).toContain('INSIDE_CODE');
    const catcher = CAUGHT[name];
    if (catcher) return expect(textOf(catcher)).toMatch(new RegExp(`instanceof ${name}\\b`));
    return expect([...DOCUMENTED], file).toContain(shownAs(name));
  },
);

describe('what ends a command', () => {
  const never = new AbortController().signal;
  const system = (code: string, syscall: string, path?: string) =>
    Object.assign(new Error(`${code}: ${syscall}`), { code, syscall, path });

  test.each([
    ['an error of ours', new StorageRefused('so'), 'StorageRefused', /^so$/],
    ['a wrong command line', new UsageError('so'), 'UsageError', /^so$/],
    ['a full disk', system('ENOSPC', 'write', '/a'), 'StorageRefused', /^\/a cannot be used: its disk is full/],
    ['another system call at a file', system('ENXIO', 'open', '/a'), 'StorageRefused', /^\/a .*\(ENXIO, open\)\.$/],
    ['a defect', new TypeError('x is undefined.'), 'ContractViolation', /^TypeError: x is undefined\. .*report it/],
    ['an error without a name', new Error('so'), 'ContractViolation', /^so\. This is a defect/],
    ['what is no error', 'so', 'ContractViolation', /^so\. This is a defect/],
    [
      'an error of a package',
      Object.assign(new Error('so'), { name: 'SomeServiceException' }),
      'ContractViolation',
      /so/,
    ],
  ])('%s has a documented name', (_, error, name, message) => {
    const named = namedFailure(error, never);
    expect(named).toMatchObject({ name, message: expect.stringMatching(message) });
    expect(DOCUMENTED).toContain(named.name);
  });

  test('Ctrl-C is none of these', () => {
    expect(namedFailure(new DOMException('aborted', 'AbortError'), AbortSignal.abort())).toBeInstanceOf(Interrupted);
  });
});
