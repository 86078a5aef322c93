import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type NotifiedMachine, notifiedMachine } from '../support/notified-machine.ts';
import { secretPassword, secretPath, type TargetServers } from '../support/target-servers.ts';

let machine: NotifiedMachine;
let servers: TargetServers;
beforeAll(async () => {
  machine = await notifiedMachine();
  servers = machine.servers;
  await machine.write('mail-password', `${secretPassword}\r\n`);
});
afterAll(async () => await machine.stop());
beforeEach(() => machine.forget());

/** All kinds of targets, with secrets in files beside the configuration, and one whose address is in a variable. */
async function config(notifications: object = {}): Promise<string> {
  const targets = servers.targets().map((target, at) => {
    if (target.type === 'email') return { ...target, passwordFile: 'mail-password' };
    return at === 0 ? { ...target, urlFile: undefined, urlEnv: 'HOOK' } : { ...target, urlFile: 'url' };
  });
  const managers = [{ id: 'm1', local: machine.local }];
  return await machine.configured({ managers, local: { folder: 'store' } }, { targets, ...notifications });
}

async function offsite(line: string) {
  const shown = await machine.offsite(line, { HOOK: servers.url() });
  expect(shown.out + shown.err).not.toMatch(/canary| at .*\.ts/i);
  return shown;
}

const subjects = () => machine.messages().flatMap(({ subject }) => subject ?? []);

test('notify --test: each target by its name, and exit code 1 if one did not accept', async () => {
  const file = await config();
  expect(await offsite(`notify --test --config ${file}`)).toMatchObject({
    code: 0,
    out: 'my-webhook: accepted\nmy-slack: accepted\nmy-teams: accepted\nmy-ping: accepted\nmy-email: accepted\n',
  });
  expect(servers.mails[0]?.raw).toContain('This is a test message.');
  const aws = { type: 'slack', name: 'aws', urlSecret: { id: 'hooks/slack' } };
  const gone = { type: 'webhook', name: 'gone', urlFile: 'nowhere' };
  const dead = { type: 'webhook', name: 'dead', urlFile: 'url' };
  const odd = await offsite(`notify --test --config ${await config({ targets: [aws, gone, dead] })}`);
  expect([odd.code, odd.out.replaceAll(machine.dir, 'DIR')]).toEqual([
    1,
    [
      'gone: failed: its urlFile DIR/nowhere: cannot be read (ENOENT)',
      'dead: failed: its host has an address of a private network: set allowPrivateAddresses of the target if that is right',
      'aws: not tried: only functions in AWS read its secret. Add urlFile or urlEnv to use it from here.',
      '',
    ].join('\n'),
  ]);
  const one = await offsite(`notify --test --json --target dead --config ${file}`);
  expect([one.code, JSON.parse(one.out).targets.length]).toEqual([1, 1]);
  expect(await offsite(`notify --test --target none --config ${file}`)).toMatchObject({ code: 2 });
  expect(await offsite(`notify --config ${file}`)).toMatchObject({ code: 2 });
});

test('an export on this machine tells its targets, a dead one stands in report and status, and digest --send sends', async () => {
  const dead = { type: 'webhook', name: 'dead', urlFile: 'url', on: 'all' };
  const file = await config({ targets: [...JSON.parse(JSON.stringify(await targetsOf())), dead] });
  const { code, out } = await offsite(`export --local --manager m1 --json --config ${file}`);
  expect(code).toBe(0);
  expect(JSON.parse(out).notes.join()).toContain('The notification target dead could not be notified: its host has');
  // At the beginning and the end of the run, and one note about the dead one.
  expect(servers.hits.map(({ path }) => path.split('?')[0])).toContain(`${secretPath}/start`);
  expect(subjects()).toEqual([
    'cloudify-offsite: export of m1 succeeded',
    'cloudify-offsite: notification target dead could not be notified',
  ]);
  expect(servers.mails).toHaveLength(2);
  const status = JSON.parse((await offsite(`status --local --json --config ${file}`)).out).managers[0];
  expect(status.marks.join()).toMatch(/notification target dead failed: its host has/);
  expect(status.lastRun.undelivered).toMatchObject([{ target: 'dead' }]);
  machine.forget();
  const digest = await offsite(`digest --local --config ${await config()}`);
  expect(digest).toMatchObject({ code: 0 });
  expect(digest.out).toMatch(/^1 of 1 managers are backed up as configured\.\n {2}m1: notification target dead failed/);
  expect(subjects()).toEqual([]);
  machine.clock.advance(5 * 86_400);
  const late = await offsite(`digest --local --send --json --config ${await config()}`);
  expect([late.code, JSON.parse(late.out)]).toMatchObject([
    1,
    { outcome: 'attention', good: 0, overdue: [{ manager: 'm1' }] },
  ]);
  expect(subjects()).toEqual(['cloudify-offsite: 0 of 1 managers backed up, attention needed']);
});

async function targetsOf(): Promise<object[]> {
  return JSON.parse(await readFile(await config(), 'utf8')).notifications.targets;
}

test('a run that cannot begin is recorded and told as any that fails, and the next one as a recovery', async () => {
  const line = `export --local --manager m1 --config ${await config()}`;
  await offsite(line);
  machine.forget();
  machine.clock.advance(86_400);
  await machine.write('password', 'canary-0ther\n');
  const { code, err } = await offsite(line);
  expect([code, err]).toEqual([1, expect.stringMatching(/^offsite: CredentialsRejected: .*401/m)]);
  expect(subjects()).toContain('cloudify-offsite: export of m1 failed');
  expect(servers.hits.map(({ path }) => path)).toContainEqual(expect.stringMatching(/\/fail\?rid=/));
  const status = await offsite(`status --local --config ${await config()}`);
  expect([status.code, status.out]).toEqual([0, expect.stringMatching(/last run failed: CredentialsRejected/)]);
  machine.forget();
  machine.clock.advance(86_400);
  await machine.write('password', 'canary-Passw0rd\n');
  expect((await offsite(line)).code).toBe(0);
  expect(subjects().join()).toMatch(/export of m1/);
});
