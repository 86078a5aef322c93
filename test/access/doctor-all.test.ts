import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DoctorWorld, PASSWORD } from '../support/doctor-world.ts';
import { offsite } from '../support/offsite.ts';

let world: DoctorWorld;
beforeAll(async () => {
  world = await DoctorWorld.start();
});
afterAll(async () => await world.stop());

const good = () => ({ urls: [world.manager.urls[0]], username: 'admin', passwordFile: 'password' });

async function all(locals: Readonly<Record<string, object | false>>, ...more: string[]) {
  const managers = Object.entries(locals).map(([id, local]) => ({ id, local }));
  const file = join(world.dir, 'offsite.json');
  await writeFile(file, JSON.stringify({ version: 2, managers, local: { folder: 'to' } }));
  return await offsite(['doctor', '--all', '--local', '--config', file, ...more], {});
}

test('every manager is checked, one that fails stops no other, and the worst counts', async () => {
  const { code, out } = await all({
    good: good(),
    wrong: { ...good(), passwordFile: 'wrong' },
    'no-file': { ...good(), passwordFile: 'nowhere' },
    dead: { ...good(), urls: ['http://127.0.0.1:9'] },
    elsewhere: false,
  });
  expect(code).toBe(1);
  expect(out).toMatch(/^wrong: failed: manager: CredentialsRejected: /m);
  expect(out).toMatch(/^no-file: failed: access: \w+: .*nowhere/m);
  expect(out).toMatch(/^dead: failed: manager: ManagerUnavailable: /m);
  expect(out).not.toMatch(/^good: failed|^elsewhere/m);
  expect(out).not.toMatch(/^\S+: (ok|not checked)/m);
  expect(out).toMatch(/^MANAGER +RESULT +OK +WARNINGS +FAILED\ngood +ok +\d+ +\d+ +0\nwrong +failed/m);
  expect(out).toMatch(/^1 of 4 managers have no failed check\.\n$/m);
  expect(out).not.toContain(PASSWORD);
});

test('all of them are well: exit code 0, and one document with --json', async () => {
  const { code, out } = await all({ a: good(), b: good() }, '--json');
  expect([code, JSON.parse(out)]).toMatchObject([
    0,
    { outcome: 'succeeded', managers: [{ manager: 'a', outcome: 'succeeded' }, { manager: 'b' }] },
  ]);
});

test('wrong command lines: exit code 2', async () => {
  const wrong = [
    [['doctor', '--local'], /add --manager NAME, or --all/],
    [['doctor', '--local', '--all'], /--all checks the managers of a configuration: add --config/],
    [['doctor', '--local', '--all', '--manager', 'a'], /--all/],
  ] as const;
  for (const [line, says] of wrong) {
    const { code, err } = await offsite([...line], {});
    expect([line, code, err]).toEqual([line, 2, expect.stringMatching(says)]);
  }
  expect((await all({ a: false })).err).toMatch(/has no manager that is reached from here/);
});
