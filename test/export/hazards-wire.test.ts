import { describe, expect, test } from 'vitest';
import { Redactor } from '../../lib/base/redact.ts';
import { defaults } from '../../lib/base/settings.ts';
import { newAgent } from '../../lib/manager/agent.ts';
import { pathOf } from '../../lib/manager/client.ts';
import { ManagerHttp } from '../../lib/manager/http.ts';
import { manager } from '../support/breakages.ts';
import { canariesIn } from '../support/canary.ts';
import { Nights, playAlone } from '../support/nights.ts';
import { seeded } from '../support/seeded.ts';
import { World } from '../support/world.ts';

/* The second half of the hazards; test/hazards.test.ts says which are not here, and why. */

const status = (world: World, id: string) => world.manager.state.snapshot(id, 'default_tenant')?.status;

describe('K22: `PUT /snapshots/../archive` deletes every snapshot of a manager', () => {
  const pieces = [
    '..',
    '.',
    '/',
    '\\',
    '%2e',
    '%2E%2e',
    '%2f',
    '\u0000',
    '\n',
    ' ',
    'm1',
    'a',
    '-',
    '~',
    'é',
    '．',
    '?',
    '#',
    ';',
    '%',
  ];
  const nasty = (random: () => number) =>
    Array.from({ length: 1 + Math.floor(random() * 6) }, () => pieces[Math.floor(random() * pieces.length)]).join('');

  test('no id that could climb becomes a path', () => {
    for (const random of seeded(3000)) {
      const id = nasty(random);
      let path = '/snapshots/refused';
      try {
        path = pathOf(id);
      } catch {}
      expect(path).toMatch(/^\/snapshots\/[A-Za-z][A-Za-z0-9._-]*$/);
      expect(new URL(`http://m${path}/archive`).pathname).toBe(`${path}/archive`);
    }
  });

  test('no input of an execution does, whatever its manager and its time', async () => {
    const world = await World.start();
    const times = [
      '2026-11-22T02:00:00Z',
      '+010000-01-01T00:00:00Z',
      '2026-11-22T02:00:00.000Z/../..',
      '..',
      undefined,
    ];
    const inputs = [...seeded(40)].map((random) => {
      const scheduledTime = times[Math.floor(random() * times.length)];
      return { manager: nasty(random), ...(scheduledTime === undefined ? {} : { scheduledTime }) };
    });
    inputs.push({ manager: 'm1', scheduledTime: '0001-01-01T00:00:00Z' }, { manager: 'm1', scheduledTime: '..' });
    for (const input of inputs) await world.run({ input });
    for (const { path } of world.manager.requests) expect(decodeURIComponent(path)).not.toMatch(/\.\.|\/\.\/|\/\/|\\/);
    for (const key of await world.files(''))
      expect(key).toMatch(/^((runs|archives|manifests|inspections|indexes)\/[a-z0-9-]+|keys)\/[\w/.-]+$/);
    await world.stop();
  });
});

test('K23: any user can download any archive, so few stay on the manager', async () => {
  const nights = await Nights.begin({ settings: { keepOnManager: 1 } });
  for (let night = 0; night < 3; night++) await nights.play({ name: 'night', ends: 'SUCCEEDED' });
  expect(nights.world.manager.state.snapshots).toHaveLength(1);
  await nights.stop();
});

test('K25: an execution is cancelled, never killed: a kill would make an ended one active again', async () => {
  const statuses: (string | null)[] = [];
  await playAlone({
    name: 'K25',
    world: { manager: { worker: 'absent' } },
    isFirst: true,
    ends: 'SnapshotTimedOut',
    leaves: 'nothing',
    during: ({ manager: { state } }, step) => {
      if (step !== 'FindManager') return;
      const change = state.setExecutionStatus.bind(state);
      state.setExecutionStatus = (row, status, ...rest) => {
        statuses.push(status);
        change(row, status, ...rest);
      };
    },
  });
  expect(statuses).toEqual(['cancelling', 'cancelled']);
});

describe('K26: with the broker down a create leaves rows that cannot be cancelled', () => {
  const rowsLeft = async (nights: Nights) => {
    const broken = [
      manager('brokerDown', {}, { step: 'CreateSnapshot' }),
      manager('brokerDown', {}, { step: 'CleanUp' }),
    ];
    await nights.play({ name: 'K26', broken, ends: 'SnapshotTimedOut', leaves: 'creating', notes: /Clean-up did not/ });
    return nights.world.snapshotOfRun;
  };

  test.each(['6.4.0', '7.0.2', '7.0.5'])('%s: the next night removes them, and has its backup', async (version) => {
    const nights = await Nights.begin({ manager: { version } });
    const left = await rowsLeft(nights);
    await nights.play({ name: 'the next night', ends: 'SUCCEEDED' });
    expect(status(nights.world, left)).toBeUndefined();
    expect(nights.world.manager.state.activeExecutions).toEqual([]);
    await nights.stop();
  });

  test("another installation's half-made snapshot is not ours to remove", async () => {
    const nights = await Nights.begin();
    nights.world.manager.state.addSnapshot('offsite-20261120T020000Z', 'creating');
    await nights.play({ name: 'tonight', ends: 'SUCCEEDED' });
    expect(status(nights.world, 'offsite-20261120T020000Z')).toBe('creating');
    await nights.stop();
  });
});

describe('K27: what nginx does to answers', () => {
  test('gzipped JSON without Content-Length is read', async () => {
    const world = await World.start();
    for (let i = 0; i < 30; i++) world.manager.state.addSnapshot(`snapshot-${i}`, 'created');
    const [node = ''] = world.manager.urls;
    const agent = newAgent(undefined);
    const { signal } = new AbortController();
    const secret = { endpoints: [node], username: 'admin', password: world.manager.password, tenant: 'default_tenant' };
    const use = { settings: defaults, signal, redactor: new Redactor(), agent: () => agent };
    const http = new ManagerHttp('m1', node, secret, use);
    const opened = await http.open({ path: '/snapshots', headers: { 'accept-encoding': 'gzip' } });
    expect(opened.headers).toMatchObject({ 'content-encoding': 'gzip' });
    expect(opened.headers).not.toHaveProperty('content-length');
    expect((await http.replyOf(opened)).json).toMatchObject({ items: { length: 30 } });
    await agent.close();
    await world.stop();
  });

  test('an HTML 503 without Retry-After is backed off from by our own clock', async () => {
    let began = 0;
    await playAlone({
      name: 'K27',
      broken: manager('rateLimited', {}, { step: 'FindManager', times: 4 }),
      ends: 'SUCCEEDED',
      during: (world, step, call) => {
        if (step === 'FindManager' && call === 1) began = world.clock.now().getTime();
        // 10 s, 20 s, 40 s, 80 s at the longest.
        if (step === 'FindManager' && call === 5) expect(world.clock.now().getTime() - began).toBe(150_000);
      },
    });
  });
});

describe('K28: managers return passwords in clear', () => {
  test('the reply to a create does, and nothing of it is seen anywhere', async () => {
    await playAlone({
      name: 'K28',
      ends: 'SUCCEEDED',
      also: (world) => {
        const parameters = JSON.stringify(world.manager.state.executions.map((row) => row.parameters));
        expect(canariesIn(parameters), 'the manager has it in clear').not.toEqual([]);
      },
    });
  });

  test('executions are asked for by field, and what carries passwords is not asked for at all', async () => {
    await playAlone({
      name: 'K28',
      broken: manager('createForever', {}),
      ends: 'SnapshotTimedOut',
      also: (world) => {
        const gets = world.manager.requests.filter((one) => one.method === 'GET');
        const executions = gets.filter((one) => one.path.includes('/executions'));
        expect(executions.length).toBeGreaterThan(10);
        for (const { path } of executions) expect(path).toMatch(/_include=id/);
        for (const { path } of gets) expect(path).not.toMatch(/\/(brokers|tenants|secrets|users|config)\b/);
      },
    });
  });
});

test('K29: other bytes of the same size under the same ETag are found by verification', async () => {
  await playAlone({
    name: 'K29',
    broken: manager('sameEtagOtherBytes', { afterRequests: 3 }, { path: /archive$/ }),
    ends: 'MemberCorrupt',
  });
});
