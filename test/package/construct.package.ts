import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pack, root } from './installed.ts';

interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly Properties?: Record<string, unknown>;
}
type Resources = Readonly<Record<string, Resource>>;

/** The app of docs/how-to/construct.md, as somebody copies it into a project of their own. */
const EXAMPLE =
  /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs', 'how-to', 'construct.md'), 'utf8'))?.[1] ?? '';
/** The stranger has resources beside ours, and one that goes with the stack. */
const BESIDE = `
import { Bucket } from 'aws-cdk-lib/aws-s3';
new Bucket(stack, 'Own');
app.synth();
`;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'offsite-stranger-'));
  const own = join(dir, 'node_modules', '@cloudify-offsite', 'offsite');
  mkdirSync(own, { recursive: true });
  execFileSync('tar', ['-xzf', pack(dir), '-C', own, '--strip-components', '1']);
  for (const peer of ['aws-cdk-lib', 'constructs', '@types'])
    symlinkSync(join(root, 'node_modules', peer), join(dir, 'node_modules', peer));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Compiles a file strictly. Gives what the compiler complains of. */
function compile(project: string, text: string, ...more: string[]): string {
  writeFileSync(join(project, 'app.ts'), text);
  const options = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node', '--skipLibCheck'];
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  try {
    execFileSync(process.execPath, [tsc, ...options, ...more, 'app.ts'], { cwd: project, encoding: 'utf8' });
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

function synthesize(project: string): Resources {
  // Nothing of this repository's context: a stranger's app has flags of its own, or none.
  const env = { HOME: project, PATH: '/usr/bin:/bin', CDK_OUTDIR: join(project, 'cdk.out') };
  execFileSync(process.execPath, ['app.js'], { cwd: project, env, stdio: 'pipe' });
  return JSON.parse(readFileSync(join(project, 'cdk.out', 'backup.template.json'), 'utf8')).Resources;
}

const projectOf = (type: string) => {
  const project = join(dir, type);
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type }));
  return project;
};

describe.each(['module', 'commonjs'])('a CDK app of somebody else, a %s', (type) => {
  test('compiles the example of the document and synthesizes an installation', () => {
    const project = projectOf(type);
    expect(compile(project, EXAMPLE + BESIDE)).toBe('');
    const resources = Object.values(synthesize(project));
    const of = (wanted: string) => resources.filter(({ Type }) => Type === wanted);
    expect(of('AWS::StepFunctions::StateMachine').length).toBeGreaterThan(5);
    expect(
      of('AWS::SNS::Subscription')
        .map(({ Properties }) => Properties?.['Endpoint'])
        .sort(),
    ).toEqual(['backup@example.com', 'oncall@example.com']);
    // The log of accesses gets a policy, as in the app of this repository, not an ACL, which S3 would refuse.
    for (const { Properties = {} } of of('AWS::S3::Bucket')) expect(Properties).not.toHaveProperty('AccessControl');
    for (const { Properties } of of('AWS::Lambda::Function')) expect(Properties).toHaveProperty('Code.S3Key');
  });
});

test('a wrong property is an error of the compiler, which names it', () => {
  const project = projectOf('wrong');
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
  const wrong = EXAMPLE.replace("id: 'lab'", "identifier: 'lab'").replace('version: 2', 'version: 3');
  const said = compile(project, wrong);
  expect(said).toContain("Type '3' is not assignable to type '1 | 2 | undefined'");
  expect(said).toContain("'identifier' does not exist");
});

test('the declared properties are those of the schema: what fits one fits the other', () => {
  const project = projectOf('same');
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
  symlinkSync(join(root, 'node_modules', 'zod'), join(dir, 'node_modules', 'zod'));
  const schema = join(root, 'lib', 'config', 'offsite-config.ts');
  const text = `
    import type { CloudifyOffsiteProps as Declared } from '@cloudify-offsite/offsite/cdk';
    import type { OffsiteConfigInput } from '${schema}';
    type Fixed<T> = T extends object ? { readonly [K in keyof T]: Fixed<T[K]> } : T;
    declare const declared: Declared; declare const written: OffsiteConfigInput;
    export const one: Fixed<OffsiteConfigInput> = declared; export const other: Declared = written;
    type Keys<T> = T extends readonly (infer I)[] ? Keys<I> : T extends object ? { [K in keyof T & string]: K | \`\${K}.\${Keys<NonNullable<T[K]>>}\` }[keyof T & string] : never;
    export const keys: Keys<Declared> = '' as Keys<OffsiteConfigInput>; export const back: Keys<OffsiteConfigInput> = '' as Keys<Declared>;
  `;
  // Without output: it would lie beside the schema's own sources.
  const said = compile(project, text, '--noEmit');
  // The schema is of another project: only what is said of the file itself counts.
  expect(said.split('\n').filter((line) => line.startsWith('app.ts'))).toEqual([]);
});
