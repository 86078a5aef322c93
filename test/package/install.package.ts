import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stepNames } from '../../lib/base/step-names.ts';
import { fileOf } from '../../lib/workflow/steps.ts';
import { Installed, NODES, pack, root } from './installed.ts';

let packed: string;
let tarball: string;
beforeAll(() => {
  packed = mkdtempSync(join(tmpdir(), 'offsite-packed-'));
  tarball = pack(packed);
});
afterAll(() => rmSync(packed, { recursive: true, force: true }));

describe.each(NODES)('installed from the tarball, on Node %s', (version) => {
  let it: Installed;
  let manager: string[];
  let target: string[];
  beforeAll(async () => {
    it = new Installed(tarball, version);
    const password = join(it.dir, 'password');
    writeFileSync(password, 'admin\n', { mode: 0o600 });
    const login = ['--username', 'admin', '--password-file', password];
    const of = async (name: string, ...more: string[]) => [
      ...['--manager', name, '--manager-url', await it.serve('simulate-manager', '--size', '8MiB', ...more)],
      ...login,
    ];
    manager = await of('m1');
    target = await of('m1', '--holds', 'nothing', '--restore-seconds', '3');
  });
  afterAll(() => it.end());

  const into = (name: string) => join(it.dir, name);

  test('it is one folder without other packages and without tests, below 15 MB', () => {
    const folder = join(it.prefix, 'lib', 'node_modules');
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const names = files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
    expect(names.filter((name) => /node_modules|(^|\/)test\/|(?<!\.d)\.ts$/.test(name))).toEqual([]);
    const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
    expect(bytes).toBeGreaterThan(1e6);
    expect(bytes).toBeLessThan(15e6);
  });

  test('it says its version, from any folder, without a HOME that it can write, with the environment of cron', async () => {
    const { version: ours } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const { code, out } = await it.start(['--version'], undefined, { HOME: '/nonexistent' }).ended;
    expect({ code, out }).toEqual({ code: 0, out: `cloudify-offsite ${ours}\n` });
  });

  test('it prints timers that start it by its absolute name', async () => {
    const config = into('offsite.json');
    const local = { urls: ['https://manager.example.com'], username: 'backup', passwordFile: 'password' };
    writeFileSync(
      config,
      JSON.stringify({ version: 2, managers: [{ id: 'prod', local }], local: { folder: 'backup' } }),
    );
    const { code, out } = await it.run('schedule', '--systemd', '--config', config);
    expect(code).toBe(0);
    expect(out).toMatch(/^ExecStart=\/\S+ .*\/\S*offsite\S* export --local --manager prod --config /m);
    expect(out).toContain('OnCalendar=*-*-* 04:00:00 UTC');
  });

  test('its doctor finds nothing that would stop a backup, and leaves no folder behind', async () => {
    const { code, out } = await it.run('doctor', '--local', ...manager, '--to', into('backup'));
    expect([code, out]).toEqual([0, expect.stringMatching(/^ok {11}manager: Cloudify Manager /m)]);
    expect(out).not.toMatch(/^failed/m);
    expect(existsSync(into('backup'))).toBe(false);
  });

  test('it backs up, lists, verifies and restores', async () => {
    const to = into('backup');
    const exported = await it.run('export', '--local', ...manager, '--to', to, '--json');
    expect(exported.err).not.toContain('Error');
    expect({ code: exported.code, ...JSON.parse(exported.out) }).toMatchObject({ code: 0, outcome: 'succeeded' });
    expect((await it.run('verify', '--local', '--all', '--from', to)).code).toBe(0);
    const list = JSON.parse((await it.run('list', '--local', '--from', to, '--json')).out);
    expect(JSON.stringify(list)).toContain('offsite-');
    // A restored manager must stay healthy for half a minute: once is enough.
    const look = version === NODES[0] ? [] : ['--dry-run'];
    const restored = await it.run('restore', '--local', ...target, '--from', to, '--json', ...look);
    expect(restored.err).not.toContain('Error');
    expect({ code: restored.code, ...JSON.parse(restored.out) }).toMatchObject({
      code: 0,
      outcome: look.length > 0 ? 'planned' : 'succeeded',
    });
  });

  test('a signal to the command reaches the run: it cleans up and ends with 130, the next one succeeds', async () => {
    const to = into('interrupted');
    const args = ['export', '--local', ...manager, '--to', to, '--json'];
    const { code, out } = await it.start(
      args,
      (err, child) => err.includes('Waiting for the snapshot') && !child.killed && child.kill('SIGTERM'),
    ).ended;
    expect({ code, ...JSON.parse(out) }).toMatchObject({ code: 130, error: 'Interrupted' });
    expect((await it.run(...args)).code).toBe(0);
  });

  test('the stack is synthesized with the CDK of the user, and needs no esbuild', () => {
    const project = into('project');
    const own = join(project, 'node_modules', '@cloudify-offsite');
    cpSync(join(it.prefix, 'lib', 'node_modules', '@cloudify-offsite'), own, { recursive: true });
    for (const peer of ['aws-cdk-lib', 'constructs']) {
      symlinkSync(join(root, 'node_modules', peer), join(project, 'node_modules', peer));
    }
    const out = join(project, 'cdk.out');
    const context = { offsite: join(own, 'offsite', 'offsite.example.json') };
    execFileSync('node', [join(own, 'offsite', 'dist', 'cdk', 'app.mjs')], {
      cwd: project,
      env: it.env({ HOME: project, CDK_OUTDIR: out, CDK_CONTEXT_JSON: JSON.stringify(context) }),
      stdio: 'pipe',
    });
    const made = readdirSync(out, { recursive: true }).map(String);
    expect(made.filter((name) => name.endsWith('.template.json'))).toHaveLength(1);
    for (const step of stepNames) expect(made.filter((name) => name.endsWith(`/${fileOf(step)}.mjs`))).toHaveLength(1);
  });

  test('it can be uninstalled, and leaves in HOME the keys of signatures alone', () => {
    it.npm('uninstall', '--global', '@cloudify-offsite/offsite');
    expect(readdirSync(join(it.prefix, 'bin'))).toEqual([]);
    const left = readdirSync(it.home, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('.npm'))
      .map(({ name }) => name);
    const own = ['signing-key.pem', 'known-keys.json', 'known-indexes.json', 'known-mounts.json'];
    expect(left.filter((name) => !own.includes(name))).toEqual([]);
  });
});
