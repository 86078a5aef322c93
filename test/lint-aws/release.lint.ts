import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stepNames } from '../../lib/base/step-names.ts';
import { fileOf } from '../../lib/workflow/steps.ts';
import { EVERYTHING } from '../stack/synth.ts';
import { siteTemplate } from '../verify-aws/site-template.ts';
import { bin, root } from './install.ts';

let dir: string;
let first: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'offsite-linted-'));
  writeFileSync(join(dir, 'everything.json'), JSON.stringify(EVERYTHING));
  first = release(join(dir, 'first'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** As the command of docs/how-to/deploy-template.md. */
function release(out: string, config = join(dir, 'everything.json')): string {
  const program = join(root, 'tools', 'release', 'main.ts');
  execFileSync('node', [program, '--config', config, '--out', out], { cwd: root, stdio: 'pipe' });
  return out;
}

const read = (name: string) => readFileSync(join(first, name), 'utf8');
const templates = () => readdirSync(first).filter((name) => name.endsWith('.json'));
const digests = (folder: string) =>
  readdirSync(folder).map((name) => [
    name,
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex'),
  ]);

describe('the release template', () => {
  test('with its nested ones, and that of verify:aws, has no error for cfn-lint', () => {
    // Warnings: CDK writes dependencies that CloudFormation would find by itself (W3005).
    const how = ['--regions', 'eu-central-1', '--ignore-checks', 'W', '--format', 'parseable'];
    const site = join(dir, 'site.json');
    writeFileSync(site, siteTemplate({ name: 'verify-k3x9q2', account: '111122223333', hasInstance: true }));
    const files = [...templates().map((name) => join(first, name)), site];
    const { stdout } = (() => {
      try {
        return { stdout: execFileSync(join(bin, 'cfn-lint'), [...how, ...files], { encoding: 'utf8' }) };
      } catch (error) {
        return error as { stdout: string };
      }
    })();
    expect(stdout).toBe('');
    expect(files.length).toBeGreaterThan(2);
  });

  test('needs no bootstrap: nothing in it knows of one, and each file that it names is there', () => {
    const own = JSON.parse(read('lab-7.template.json'));
    expect(Object.keys(own.Parameters)).toEqual(['AssetBucket', 'AssetPrefix']);
    expect(own.Rules).toBeUndefined();
    for (const name of templates()) expect(read(name)).not.toMatch(/cdk-hnb659fds|\/cdk-bootstrap\//);
    const named = new Set(templates().flatMap((name) => read(name).match(/[0-9a-f]{64}\.(zip|json)/g) ?? []));
    expect([...named].sort()).toEqual(
      readdirSync(first)
        .filter((name) => name !== 'lab-7.template.json')
        .sort(),
    );
  });

  test('has code that Python unpacks, readable for everybody, with every function and the configuration', () => {
    const [zip = ''] = readdirSync(first).filter((name) => name.endsWith('.zip'));
    const list = `import json, sys, zipfile
z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None
print(json.dumps([[i.filename, oct(i.external_attr >> 16)] for i in z.infolist()]))`;
    const text = execFileSync(join(bin, 'python'), ['-c', list, join(first, zip)], { encoding: 'utf8' });
    const entries = new Map<string, string>(JSON.parse(text));
    expect([...entries.keys()]).toEqual(
      expect.arrayContaining(['offsite.json', ...stepNames.map((step) => `${fileOf(step)}.mjs`)]),
    );
    expect(new Set(entries.values())).toEqual(new Set(['0o100644']));
  });

  test('is the same bytes when it is made again', () => {
    expect(digests(release(join(dir, 'second')))).toEqual(digests(first));
  });

  test('is not made of a configuration that cdk synth refuses', () => {
    const drill = { managers: [{ id: 'a', drill: { onto: 'b' } }, { id: 'b' }] };
    writeFileSync(join(dir, 'refused.json'), JSON.stringify(drill));
    expect(() => release(join(dir, 'refused'), join(dir, 'refused.json'))).toThrow(/DrillOntoProduction/);
  });
});
