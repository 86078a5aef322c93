import { afterEach, describe, expect, test } from 'vitest';
import { inspectArchive } from '../../lib/snapshot/inspect.ts';
import { type ArchiveOptions, makeArchive } from '../../simulator/archive/make-archive.ts';
import { bytesOf, fileSource, truncated } from '../../simulator/archive/tampered.ts';
import type { SimulatedManagerOptions } from '../../simulator/manager/options.ts';
import { hashPassword } from '../../simulator/manager/password.ts';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { send, type WireResponse } from '../replay/wire.ts';
import { writeZip } from '../support/zip.ts';

type Json = Record<string, unknown>;

interface Call {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly node?: number;
  readonly password?: string;
  readonly ca?: string;
}

/** A drill target on a clock that only the test moves. */
interface World {
  readonly manager: SimulatedManager;
  pass(seconds: number): void;
  call(method: string, path: string, more?: Call): Promise<WireResponse>;
  json(method: string, path: string, more?: Call): Promise<Json>;
  /** Asks for the restore of an uploaded archive and gives the execution's id. */
  restore(body?: Json, node?: number): Promise<string>;
  /** `/snapshot-status` and the execution, or the HTTP status in its place. */
  look(id: string, more?: Call): Promise<readonly [flag: unknown, execution: unknown]>;
}

const running: SimulatedManager[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((manager) => manager.close()));
});

const SOURCE_SALT = 'salt-of-the-source';
const identity = {
  salt: SOURCE_SALT,
  adminName: 'admin',
  adminHash: hashPassword(SOURCE_SALT, 'source-password'),
};
const INVENTORY = { tenants: 2, users: 4, userGroups: 2 } as const;

const archiveOf = (format: 'legacy' | 'new', version: string, more: ArchiveOptions = {}) =>
  makeArchive({ format, version, sizeBytes: 100_000, identity, inventory: INVENTORY, ...more });

/** As the vendor's client asks, with what 5.x wants besides. */
const FORCE = { force: true, recreate_deployments_envs: true };

async function start(options: SimulatedManagerOptions = {}): Promise<World> {
  let now = Date.parse('2026-11-22T02:00:00Z');
  const manager = await startSimulatedManager({ holds: 'nothing', now: () => new Date(now), ...options });
  running.push(manager);
  const call = (method: string, path: string, more: Call = {}): Promise<WireResponse> => {
    const { body, headers = {}, node = 0, password = 'admin', ca = manager.caPem ?? '' } = more;
    const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
    return send({
      url: manager.urls[node] ?? '',
      method,
      path: `/api/v3.1/${path}`,
      headers: {
        ...(path === 'snapshot-status'
          ? {}
          : { Authorization: `Basic ${Buffer.from(`admin:${password}`).toString('base64')}` }),
        Tenant: 'default_tenant',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': String(bytes.length) }),
        ...headers,
      },
      body: bytes,
      ca,
    });
  };
  const json = async (method: string, path: string, more?: Call): Promise<Json> =>
    JSON.parse((await call(method, path, more)).body.toString()) as Json;
  const field = async (path: string, more?: Call): Promise<unknown> => {
    const { status, body } = await call('GET', path, more);
    return status === 200 ? (JSON.parse(body.toString()) as Json).status : status;
  };
  return {
    manager,
    call,
    json,
    pass: (seconds) => {
      now += seconds * 1000;
    },
    restore: async (body = FORCE, node = 0) => String((await json('POST', 'snapshots/s1/restore', { body, node })).id),
    look: async (id, more) => [
      await field('snapshot-status', more),
      await field(`executions/${id}?_include=id,status`, more),
    ],
  };
}

/** A target with an uploaded archive `s1`. */
async function target(
  archive: ReturnType<typeof archiveOf> | Parameters<typeof truncated>[0] | undefined,
  options: SimulatedManagerOptions = {},
): Promise<World> {
  const world = await start(options);
  world.manager.state.addSnapshot('s1', 'uploaded');
  if (archive !== undefined) world.manager.state.writeFile('s1', archive, 0);
  return world;
}

const legacy = (version: string, options: SimulatedManagerOptions = {}, more: ArchiveOptions = {}): Promise<World> =>
  target(archiveOf('legacy', version, more), { version, ...options });
const fresh = (version = '7.0.5', options: SimulatedManagerOptions = {}, more: ArchiveOptions = {}): Promise<World> =>
  target(archiveOf('new', version, more), { version, ...options });

const SOURCE = { password: 'source-password' };
const totalOf = async (world: World, path: string, more?: Call): Promise<unknown> => {
  const { metadata } = (await world.json('GET', path, more)) as { metadata: { pagination: { total: number } } };
  return metadata.pagination.total;
};
const errorOf = async (world: World, id: string): Promise<string> =>
  String((await world.json('GET', `executions/${id}`)).error);

describe('the request', () => {
  test.each([
    ['5.0.5', { force: true }, 400, 'Missing recreate_deployments_envs in json request body'],
    ['5.2.7', { force: true }, 400, 'Missing recreate_deployments_envs in json request body'],
    ['6.0.0', { force: true }, 200, ''],
    ['5.2.7', { recreate_deployments_envs: true }, 500, 'Internal error occurred'],
    ['7.0.5', {}, 500, 'Internal error occurred'],
    ['7.0.5', { force: true, no_reboot: true }, 400, '`no_reboot` is only relevant'],
    ['7.0.5', { force: true, timeout: 'x' }, 400, 'invalid parameter, should be int, got: x'],
  ])('%s %j: %i', async (version, body, status, text) => {
    const { call } = await fresh(version);
    const answer = await call('POST', 'snapshots/s1/restore', { body });
    expect([answer.status, answer.body.toString()]).toEqual([status, expect.stringContaining(text)]);
  });

  test.each([
    ['5.2.7', ''],
    ['6.0.0', null],
  ])('%s answers with the shape of a snapshot and error %j', async (version, error) => {
    const { json, call } = await legacy(version);
    const answer = await call('POST', 'snapshots/s1/restore', { body: FORCE });
    expect(answer.status).toBe(200);
    const body = JSON.parse(answer.body.toString()) as Json;
    expect(body).toMatchObject({ status: 'pending', error, tenant_name: 'default_tenant' });
    expect(Object.keys(body)).not.toContain('workflow_id');
    expect(await json('GET', `executions/${body.id}`)).toMatchObject({ workflow_id: 'restore_snapshot', error });
  });

  test.each([
    ['5.2.7', 0, 'You cannot start a system-wide execution'],
    ['6.2.0', 1, 'You cannot start a system-wide execution'],
    ['6.3.0', 1, 'Cannot start execution because there are other executions running e.g.: '],
  ])('%s busy: %i ghost', async (version, ghosts, text) => {
    const { manager, call, pass } = await legacy(version);
    manager.state.addExecution({ workflowId: 'install', status: 'started' });
    const answer = await call('POST', 'snapshots/s1/restore', { body: FORCE });
    expect([answer.status, answer.body.toString()]).toEqual([400, expect.stringContaining(text)]);
    pass(100);
    const left = manager.state.executions.filter(({ workflowId }) => workflowId === 'restore_snapshot');
    expect(left.map(({ status }) => status)).toEqual(Array.from({ length: ghosts }, () => 'pending'));
  });

  test('a failed snapshot, an unknown one, and a manager that enters maintenance are refused', async () => {
    const world = await fresh();
    world.manager.state.addSnapshot('bad', 'failed');
    const ask = async (id: string): Promise<unknown> =>
      (await world.json('POST', `snapshots/${id}/restore`, { body: FORCE })).error_code;
    expect([await ask('bad'), await ask('none')]).toEqual(['snapshot_action_error', 'not_found_error']);
    world.manager.state.addExecution({ workflowId: 'install', status: 'started' });
    await world.call('POST', 'maintenance/activate');
    expect(await ask('s1')).toBe('entering_maintenance_mode');
  });
});

describe('a legacy restore', () => {
  test.each(['6.2.0', '6.4.2', '7.0.0', '7.0.5'])('%s: step by step', async (version) => {
    const world = await legacy(version);
    const { pass, look, call, manager } = world;
    const id = await world.restore();
    expect(await look(id)).toEqual(['not-running', 'pending']);
    pass(3);
    expect(await look(id)).toEqual(['not-running', 'started']);
    pass(2);
    expect(await look(id)).toEqual(['running', 'started']);
    pass(4);
    expect(await look(id)).toEqual([502, 502]);
    expect((await call('GET', 'status')).status).toBe(502);
    pass(11.9);
    expect(await look(id)).toEqual([502, 502]);
    pass(0.2);
    // The source's salt is active, the admin's row is still the target's: nobody gets in.
    expect(await look(id)).toEqual(['running', 401]);
    expect(await look(id, SOURCE)).toEqual(['running', 401]);
    pass(8.9);
    expect(manager.state.execution(id)).toMatchObject({ status: 'terminated', parameters: null, startedAt: null });
    expect(await look(id)).toEqual(['running', 401]);
    pass(2.9);
    expect(await look(id, SOURCE)).toEqual(['running', 401]);
    pass(0.1);
    expect(await look(id, SOURCE)).toEqual(['not-running', 401]);
    pass(1);
    expect(await look(id, SOURCE)).toEqual(['not-running', 'terminated']);
    expect(await look(id)).toEqual(['not-running', 401]);
  });

  test.each(['5.0.5', '5.2.7', '6.1.0'])('%s: REST stays up on a schema that changes', async (version) => {
    const { pass, restore, call, look } = await legacy(version);
    const id = await restore();
    pass(9);
    const statuses: number[] = [];
    for (let n = 0; n < 8; n++) statuses.push((await call('GET', `executions/${id}`)).status);
    expect(statuses).toEqual([500, 409, 401, 404, 500, 409, 401, 404]);
    const flags = [await call('GET', 'snapshot-status'), await call('GET', 'snapshot-status')];
    expect(flags.map(({ status }) => status)).toEqual(version === '5.0.5' ? [200, 200] : [500, 200]);
    pass(12);
    expect(await look(id)).toEqual(['running', 401]);
    pass(14);
    expect(await look(id, SOURCE)).toEqual(['not-running', 'terminated']);
  });

  test.each([
    ['6.2.0', true],
    ['6.3.0', false],
  ])('%s: rows, tokens and users go, the archive stays: %s', async (version, hasFile) => {
    const world = await legacy(version, { users: [{ name: 'viewer', password: 'v', role: 'default' }] });
    const { manager, pass } = world;
    manager.state.addSnapshot('another', 'created');
    await world.call('POST', 'tokens', { body: {} });
    const id = await world.restore();
    pass(40);
    const { state } = manager;
    expect([state.snapshots, state.tokens, [...state.files.keys()]]).toEqual([[], [], hasFile ? ['s1'] : []]);
    expect(state.users[0]).toEqual({ name: 'admin', role: 'sys_admin', passwordHash: identity.adminHash });
    expect(state.users.map(({ name }) => name)).not.toContain('viewer');
    const row = await world.json('GET', `executions/${id}`, SOURCE);
    expect(row).toMatchObject({
      ...{ id, status: 'terminated', parameters: null, started_at: null, created_by: 'admin' },
      tenant_name: 'default_tenant',
    });
  });

  test('the content is the archive’s, by tenant, and its history with the row of the restore', async () => {
    const archive = archiveOf('legacy', '6.4.2');
    const world = await target(archive, { version: '6.4.2', edition: 'premium', holds: 'archive', tenants: ['mine'] });
    expect(await totalOf(world, 'tenants')).toBe(3);
    await world.restore();
    world.pass(40);
    const { inventory } = await inspectArchive(archive, 'it');
    const held = world.manager.state.content.inventory();
    const { executions = 0, ...others } = held.totals;
    expect(inventory.totals).toMatchObject(others);
    // The dump ends with the deletion of the row that made it, which is not counted.
    expect(executions).toBe(inventory.totals['executions'] ?? 0);
    for (const [tenant, counts] of Object.entries(held.tenants)) {
      if (tenant === 'default_tenant') continue;
      const { events: _, ...listed } = counts;
      expect(inventory.tenants[tenant]).toMatchObject(listed);
    }
    const own = { ...SOURCE, headers: { Tenant: 'tenant_2' } };
    expect(await totalOf(world, 'blueprints?_size=0', own)).toBe(4);
    expect(await totalOf(world, 'node-instances?_size=0&_all_tenants=true', SOURCE)).toBe(36);
    expect(await totalOf(world, 'users?_size=1', SOURCE)).toBe(4);
    expect(await totalOf(world, 'user-groups?_size=1', SOURCE)).toBe(2);
    expect(await totalOf(world, 'executions?_size=1&_include_system_workflows=true', SOURCE)).toBe(20);
    expect(await totalOf(world, 'tenants', SOURCE)).toBe(2);
    const gone = await world.call('GET', 'blueprints', { ...SOURCE, headers: { Tenant: 'mine' } });
    expect(gone.status).toBe(403);
  });

  test('a manager that restores its own archive keeps its password', async () => {
    const world = await start({ version: '6.4.2', holds: 'archive' });
    await world.call('PUT', 'snapshots/s1', { body: {} });
    world.pass(10);
    const id = await world.restore();
    world.pass(21.5);
    expect(await world.look(id)).toEqual(['running', 'started']);
    world.pass(20);
    expect(await world.look(id)).toEqual(['not-running', 'terminated']);
  });

  test('a genuine archive locks the target’s password out', async () => {
    const file = new URL('../fixtures/snapshots/manager-5.1.0.zip', import.meta.url).pathname;
    const world = await target(await fileSource(file), { version: '6.4.2' });
    const id = await world.restore();
    world.pass(60);
    expect(await world.look(id)).toEqual(['not-running', 401]);
    expect(world.manager.state.execution(id)?.status).toBe('terminated');
  });

  test('maintenance is kept, and hides executions from those who do not bypass it', async () => {
    const world = await legacy('6.4.2');
    await world.call('POST', 'maintenance/activate');
    const id = await world.restore();
    world.pass(40);
    expect(await world.look(id, SOURCE)).toEqual(['not-running', 503]);
    const bypassing = { ...SOURCE, headers: { 'X-BYPASS-MAINTENANCE': 'true' } };
    expect(await world.look(id, bypassing)).toEqual(['not-running', 'terminated']);
  });

  test.each([
    [{ ...FORCE, restore_certificates: true }, true],
    [{ ...FORCE, restore_certificates: true, no_reboot: true }, false],
    [FORCE, false],
  ])('%j: reboot %s', async (body, reboots) => {
    const world = await legacy('7.0.5', { tls: true });
    const id = await world.restore(body);
    world.pass(34.9);
    expect(await world.look(id, SOURCE)).toEqual(['not-running', 'terminated']);
    world.pass(0.2);
    const during = world.look(id, SOURCE);
    if (reboots) await expect(during).rejects.toThrow();
    else expect(await during).toEqual(['not-running', 'terminated']);
    world.pass(89.8);
    if (reboots) await expect(world.look(id, SOURCE)).rejects.toThrow();
    world.pass(0.2);
    expect(await world.look(id, SOURCE)).toEqual(['not-running', 'terminated']);
  });
});

test('after the reboot the node shows the certificates of the archive', async () => {
  const world = await legacy('7.0.5', { tls: true, restoredTls: true });
  const trusting = (ca: string | undefined) => world.call('GET', 'version', { ...SOURCE, ca: ca ?? '' });
  const { caPem, restoredCaPem } = world.manager;
  await world.restore({ ...FORCE, restore_certificates: true });
  world.pass(34.9);
  expect((await trusting(caPem)).status).toBe(200);
  world.pass(91);
  // The connection of before is gone, too.
  await expect(trusting(caPem)).rejects.toThrow(/hang up|ECONNRESET/);
  await expect(trusting(caPem)).rejects.toThrow(/certificate/);
  expect((await trusting(restoredCaPem)).status).toBe(200);
});

test.each([
  ['7.0.2', 'running'],
  ['7.0.3', 'not-running'],
])('a stuck flag of %s is %s after a reboot', async (version, flag) => {
  const world = await legacy(version);
  world.manager.faults.inject('stuckFlag', {});
  const id = await world.restore({ ...FORCE, restore_certificates: true });
  world.pass(34.9);
  expect(await world.look(id, SOURCE)).toEqual(['running', 'terminated']);
  world.pass(100);
  await expect(world.look(id, SOURCE), 'the connection of before is gone').rejects.toThrow();
  expect(await world.look(id, SOURCE)).toEqual([flag, 'terminated']);
});

test.each([
  ['cancel', 'cancelled', 0],
  ['force-cancel', 'cancelled', 0],
])('%s of a restore that has not begun ends it; later nobody looks', async (action, end, blueprints) => {
  const world = await legacy('6.4.2');
  const id = await world.restore();
  await world.call('POST', `executions/${id}`, { body: { action } });
  world.pass(40);
  expect(await world.look(id)).toEqual(['not-running', end]);
  expect(world.manager.state.content.inventory().totals['blueprints']).toBe(blueprints);
  const again = await world.restore();
  world.pass(5);
  expect((await world.json('POST', `executions/${again}`, { body: { action } })).status).toMatch(/cancelling$/);
  world.pass(40);
  expect(await world.look(again, SOURCE)).toEqual(['not-running', 'terminated']);
});

test('an end that an operator sets stays, and the restore goes on under it', async () => {
  const world = await fresh();
  const id = await world.restore();
  world.pass(5);
  await world.call('PATCH', `executions/${id}`, { body: { status: 'failed', error: 'by hand' } });
  world.pass(40);
  expect([await world.look(id), await errorOf(world, id)]).toEqual([['not-running', 'failed'], 'by hand']);
  expect(world.manager.state.content.inventory().totals['blueprints']).toBe(8);
});

describe('a legacy archive that is refused', () => {
  test.each([
    ['newer', '6.4.2', archiveOf('legacy', '7.0.5'), FORCE, 'Cannot restore a newer manager'],
    ['new-format on an old manager', '6.4.2', archiveOf('new', '7.0.5'), FORCE, 'Cannot restore a newer manager'],
    ['older than 4.0', '6.4.2', archiveOf('legacy', '3.4.0'), FORCE, 'Restoring snapshot from version 3.4.0'],
    ['on a full manager without force', '6.4.2', archiveOf('legacy', '6.4.2'), { force: false }, 'non-empty manager'],
    [
      ...['incomplete', '6.4.2', archiveOf('legacy', '6.4.2', { missing: ['networks.json'] })],
      ...[FORCE, 'No such file or directory'],
    ],
  ] as const)(
    '%s: failed within seconds, the flag goes three seconds later',
    async (_, version, archive, body, text) => {
      const world = await target(archive, { version, holds: 'archive' });
      const id = await world.restore(body);
      world.pass(5.9);
      expect(await world.look(id)).toEqual(['running', 'started']);
      world.pass(0.2);
      expect(await world.look(id)).toEqual(['running', 'failed']);
      expect(await errorOf(world, id)).toContain(text);
      world.pass(3);
      expect(await world.look(id)).toEqual(['not-running', 'failed']);
      expect(world.manager.state.content.inventory().totals['blueprints']).toBe(8);
    },
  );

  test('an empty manager needs no force', async () => {
    const world = await legacy('6.4.2');
    await world.restore({ force: false });
    world.pass(40);
    expect(world.manager.state.content.inventory().totals['blueprints']).toBe(8);
  });

  test('only the bootstrap admin may restore one', async () => {
    const other = { name: 'second', password: 'p', role: 'sys_admin' } as const;
    const world = await legacy('6.4.2', { users: [other] });
    const headers = { Authorization: `Basic ${Buffer.from('second:p').toString('base64')}` };
    const { id } = await world.json('POST', 'snapshots/s1/restore', { body: FORCE, headers });
    world.pass(10);
    expect(await errorOf(world, String(id))).toContain('Only the bootstrap admin');
  });
});

describe('a bad archive', () => {
  const whole = archiveOf('new', '7.0.5');
  const BAD = [
    ['no file', undefined],
    ['no zip', bytesOf(Buffer.from('<html>login</html>'))],
    ['a truncated zip', truncated(whole, 90_000)],
    ['no metadata.json', archiveOf('new', '7.0.5', { missing: ['metadata.json'] })],
  ] as const;

  test.each(BAD)('%s on 7.x: failed, and the flag stays for ever', async (_, archive) => {
    const world = await target(archive, { version: '7.0.5' });
    const id = await world.restore();
    world.pass(6.1);
    expect(await world.look(id)).toEqual(['running', 'failed']);
    expect(await errorOf(world, id)).toContain("argument of type 'NoneType' is not iterable");
    world.pass(100_000);
    expect(await world.look(id)).toEqual(['running', 'failed']);
  });

  test.each(BAD)('%s up to 6.4: failed, and the flag goes three seconds later', async (_, archive) => {
    const world = await target(archive, { version: '6.4.2' });
    const id = await world.restore();
    world.pass(6.1);
    expect(await world.look(id)).toEqual(['running', 'failed']);
    world.pass(3);
    expect(await world.look(id)).toEqual(['not-running', 'failed']);
  });
});

test('a legacy restore that fails when the database is loaded: no password works, and nobody sees how it ended', async () => {
  const world = await legacy('7.0.5');
  world.manager.faults.inject('restoreFailsMidway', { error: 'FileNotFoundError: /opt/cloudify-stage/dist' });
  const id = await world.restore();
  world.pass(25);
  expect(await world.look(id)).toEqual(['running', 401]);
  expect(await world.look(id, SOURCE)).toEqual(['running', 401]);
  world.pass(60);
  expect(await world.look(id)).toEqual(['not-running', 401]);
  expect(await world.look(id, SOURCE)).toEqual(['not-running', 401]);
  expect(world.manager.state.execution(id)).toMatchObject({
    status: 'failed',
    error: expect.stringContaining('stage'),
  });
});

describe('a new-format restore', () => {
  test.each(['7.0.0', '7.0.1', '7.0.5'])('%s: step by step, nobody is locked out', async (version) => {
    const world = await fresh(version);
    const { pass, look } = world;
    const id = await world.restore({ force: false });
    expect(await look(id)).toEqual(['not-running', 'pending']);
    pass(5);
    expect(await look(id)).toEqual(['running', 'started']);
    pass(24.4);
    expect(await look(id)).toEqual(['running', 'started']);
    pass(0.2);
    expect(await look(id)).toEqual(['not-running', 'started']);
    pass(0.5);
    expect(await look(id)).toEqual(['not-running', 'terminated']);
    expect(await world.json('GET', 'snapshots/s1')).toMatchObject({ status: 'uploaded' });
    const { inventory } = await inspectArchive(archiveOf('new', version), 'it');
    const held = world.manager.state.content.inventory();
    expect(inventory.totals).toMatchObject(held.totals);
    expect(held.tenants).toEqual(inventory.tenants);
    expect(await totalOf(world, `events?execution_id=${id}&type=cloudify_log&level=error&_size=0`)).toBe(0);
  });

  test('one that fails takes its flag away at once', async () => {
    const world = await fresh();
    world.manager.faults.inject('restoreFails', { error: 'disk full' });
    const id = await world.restore();
    world.pass(5.9);
    expect(await world.look(id)).toEqual(['running', 'started']);
    world.pass(0.1);
    expect(await world.look(id)).toEqual(['not-running', 'failed']);
  });

  test('what exists already is skipped and logged, and it still ends terminated', async () => {
    const world = await fresh('7.0.5', {
      holds: 'archive',
      archive: { inventory: { tenants: 1, users: 1, userGroups: 0 } },
    });
    for (const name of ['deployment_1', 'deployment_2']) {
      expect((await world.call('DELETE', `deployments/${name}?force=true`)).status).toBe(204);
    }
    const before = world.manager.state.content.inventory().totals;
    expect(before).toMatchObject({ deployments: 4, nodes: 8, node_instances: 12, agents: 1 });
    const id = await world.restore();
    world.pass(31);
    expect(await world.look(id)).toEqual(['not-running', 'terminated']);
    expect(world.manager.state.content.inventory().totals).toMatchObject({ deployments: 12, tenants: 2, users: 4 });
    const query = `events?execution_id=${id}&type=cloudify_log&level=error`;
    const skipped = 1 + 2 + 5 + 4 + 4 + 8 + 12 + 1 + 20;
    expect(await totalOf(world, `${query}&_size=1`)).toBe(skipped);
    const { items, metadata } = (await world.json('GET', `${query}&_size=2`)) as { items: Json[]; metadata: Json };
    expect(Object.keys(metadata)).toEqual(['pagination']);
    expect(items[0]).toMatchObject({ level: 'error', type: 'cloudify_log', execution_id: id });
    expect(await totalOf(world, 'events?execution_id=another&type=cloudify_log&level=error')).toBe(0);
    const elsewhere = { headers: { Tenant: 'tenant_2' } };
    expect([
      await totalOf(world, query, elsewhere),
      await totalOf(world, `${query}&_all_tenants=true`, elsewhere),
    ]).toEqual([0, skipped]);
  });

  test.each([
    ['new', 'salt-of-the-target', 401],
    ['new', SOURCE_SALT, 200],
    ['legacy', 'salt-of-the-target', 200],
  ] as const)(
    'after a %s restore a user of the archive on a manager with %s gets %i',
    async (format, salt, expected) => {
      const users = [{ name: 'alice', passwordHash: hashPassword(SOURCE_SALT, 'alice-password') }];
      const archive = archiveOf(format, '7.0.5', { identity: { ...identity, users } });
      const world = await target(archive, { version: '7.0.5', salt });
      await world.restore();
      world.pass(40);
      expect(world.manager.state.users.map(({ name }) => name)).toContain('alice');
      const headers = { Authorization: `Basic ${Buffer.from('alice:alice-password').toString('base64')}` };
      expect((await world.call('GET', 'version', { headers })).status).toBe(expected);
    },
  );

  test.each(['users', 'sites'])('a page of %s that is no JSON ends it, and nothing is restored', async (type) => {
    const name = type === 'users' ? 'mgmt/00000003.json' : 'tenants/default_tenant/00000001.json';
    const members = ['mgmt/', 'tenants/', 'tenants/default_tenant/'].map((folder) => ({ name: folder }));
    const metadata = { name: 'metadata.json', data: '{"snapshot_version": "7.0.5"}' };
    const archive = writeZip([metadata, ...members, { name, data: `{"type": "${type}", "items": [` }]);
    const world = await target(bytesOf(archive));
    const id = await world.restore();
    world.pass(31);
    expect(await world.look(id)).toEqual(['not-running', 'failed']);
    expect(await errorOf(world, id)).toMatch(/json\.decoder\.JSONDecodeError/);
  });

  test('a community legacy archive is mistaken for one: nothing is restored, and it ends terminated', async () => {
    const world = await legacy('7.0.5', {}, { edition: 'community' });
    const id = await world.restore();
    world.pass(31);
    expect(await world.look(id)).toEqual(['not-running', 'terminated']);
    expect(world.manager.state.content.inventory().totals).toMatchObject({ blueprints: 0, users: 1, tenants: 1 });
    expect(await totalOf(world, `events?execution_id=${id}`)).toBe(0);
  });

  test('the same archive is restored as what it is on 6.4', async () => {
    const world = await legacy('6.4.2', {}, { edition: 'community' });
    await world.restore();
    world.pass(31);
    expect(world.manager.state.content.inventory().totals).toMatchObject({ blueprints: 8, users: 4, tenants: 2 });
  });
});

describe('a cluster', () => {
  test('flag, stopped service and reboot belong to the node of the worker', async () => {
    const world = await legacy('6.4.2', { nodes: 2, restoreNode: 1 });
    const id = await world.restore({ ...FORCE, restore_certificates: true });
    const summaries = async (): Promise<number[]> =>
      Promise.all([0, 1].map(async (node) => (await world.call('GET', 'cluster-status', { node })).status));
    world.pass(5);
    expect(await world.look(id, { node: 0 })).toEqual(['not-running', 'started']);
    expect(await world.look(id, { node: 1 })).toEqual(['running', 'started']);
    expect(await summaries()).toEqual([200, 503]);
    expect((await world.call('GET', 'cluster-status', { node: 1, password: 'wrong' })).status).toBe(503);
    world.pass(5);
    expect(await world.look(id, { node: 0 })).toEqual(['not-running', 'started']);
    expect(await world.look(id, { node: 1 })).toEqual([502, 502]);
    world.pass(30);
    expect(await world.look(id, { node: 0, ...SOURCE })).toEqual(['not-running', 'terminated']);
    await expect(world.look(id, { node: 1, ...SOURCE })).rejects.toThrow();
    const tree = await world.json('GET', 'cluster-status', SOURCE);
    expect(tree.status).toBe('Degraded');
  });

  test('a node that the archive has not reached cannot restore it', async () => {
    const world = await fresh('7.0.2', { nodes: 2, restoreNode: 1, replicationSeconds: 60 });
    const id = await world.restore();
    world.pass(10);
    expect(await world.look(id, { node: 1 })).toEqual(['running', 'failed']);
  });
});

describe('faults', () => {
  test('restoreFails: failed after it has started, nothing is changed', async () => {
    const world = await legacy('6.4.2');
    world.manager.faults.inject('restoreFails', { error: 'disk full' });
    const id = await world.restore();
    world.pass(5);
    expect(await world.look(id)).toEqual(['running', 'started']);
    world.pass(60);
    expect(await world.look(id)).toEqual(['not-running', 'failed']);
    expect(await errorOf(world, id)).toContain('disk full');
  });

  test.each([
    ['restoreForever', ['running', 'started']],
    ['restoreNeverStarts', ['not-running', 'pending']],
    ['restoreNoEnd', ['not-running', 'started']],
    ['stuckFlag', ['running', 'terminated']],
  ] as const)('%s: %j for ever', async (fault, seen) => {
    for (const world of [await fresh(), await legacy('7.0.5')]) {
      world.manager.faults.inject(fault, {});
      const id = await world.restore();
      world.pass(100_000);
      const [old, source] = [await world.look(id), await world.look(id, SOURCE)];
      expect([old, source]).toContainEqual(seen);
    }
  });

  test.each(['new', 'legacy'] as const)(
    'restorePartial: things are missing from a %s archive, and the log says so',
    async (format) => {
      const world = await target(archiveOf(format, '7.0.5'), { version: '7.0.5' });
      world.manager.faults.inject('restorePartial', { type: 'deployments', count: 7 });
      const id = await world.restore();
      world.pass(40);
      const who = format === 'new' ? {} : SOURCE;
      expect(await world.look(id, who)).toEqual(['not-running', 'terminated']);
      expect(world.manager.state.content.inventory().tenants['default_tenant']).not.toHaveProperty('deployments');
      expect(await totalOf(world, 'deployments?_all_tenants=true', who)).toBe(5);
      expect(await totalOf(world, `events?execution_id=${id}&type=cloudify_log&level=error`, who)).toBe(7);
    },
  );

  test.each(['5.0.5', '6.4.2', '7.0.5'])('restBroken on %s: 500 for ever', async (version) => {
    const world = await legacy(version);
    world.manager.faults.inject('restBroken', {});
    const id = await world.restore();
    world.pass(100_000);
    expect(await world.look(id)).toEqual([version === '5.0.5' ? 'not-running' : 500, 500]);
  });

  test('lostRestoreResponse and restore500ButDone: the restore runs', async () => {
    const lost = await fresh();
    lost.manager.faults.inject('lostRestoreResponse', {}, { times: 1 });
    await expect(lost.call('POST', 'snapshots/s1/restore', { body: FORCE })).rejects.toThrow();
    const failed = await fresh();
    failed.manager.faults.inject('restore500ButDone', {}, { times: 1 });
    expect((await failed.call('POST', 'snapshots/s1/restore', { body: FORCE })).status).toBe(500);
    for (const { manager, pass } of [lost, failed]) {
      pass(31);
      expect(manager.state.executions.map(({ status }) => status)).toEqual(['terminated']);
    }
  });

  test('restoreNeverArrives: a 500 or 502, and nothing was done', async () => {
    const world = await fresh();
    for (const status of [500, 502] as const) {
      const fault = world.manager.faults.inject('restoreNeverArrives', { status }, { times: 1 });
      expect((await world.call('POST', 'snapshots/s1/restore', { body: FORCE })).status).toBe(status);
      expect(fault.hits).toBe(1);
    }
    expect(world.manager.state.executions).toEqual([]);
  });

  test.each([
    ['5.2.7', 0],
    ['6.4.2', 1],
  ])('restoreBusy on %s: refused, with %i ghost', async (version, ghosts) => {
    const world = await legacy(version);
    world.manager.faults.inject('restoreBusy', {}, { times: 1 });
    const answer = await world.json('POST', 'snapshots/s1/restore', { body: FORCE });
    expect(answer.error_code).toBe('existing_running_execution_error');
    expect(world.manager.state.executions.map(({ status }) => status)).toEqual(Array(ghosts).fill('pending'));
  });

  test('brokerDown: a 500, and a row that stays pending also when the broker is back', async () => {
    const world = await fresh();
    world.manager.faults.inject('brokerDown', {});
    expect((await world.call('POST', 'snapshots/s1/restore', { body: FORCE })).status).toBe(500);
    world.manager.faults.clear();
    world.pass(1000);
    expect(world.manager.state.executions.map(({ status }) => status)).toEqual(['pending']);
  });
});

describe('what a manager holds', () => {
  test('what its archives hold, from the start; the lists are paged and stable', async () => {
    const world = await start({
      holds: 'archive',
      archive: { inventory: { tenants: [{ name: 'default_tenant', executions: 2500 }] } },
    });
    expect(await totalOf(world, 'executions?_size=0')).toBe(2500);
    world.manager.state.addExecution({ workflowId: 'uninstall', status: 'terminated' });
    const { items } = (await world.json('GET', 'executions?_offset=2499&_include=id,workflow_id')) as { items: Json[] };
    expect(items.map(({ workflow_id }) => workflow_id)).toEqual(['install', 'uninstall']);
    expect(await totalOf(world, 'executions?workflow_id=uninstall')).toBe(1);
    expect(await totalOf(world, 'executions?status=started')).toBe(0);
    const again = (await world.json('GET', 'executions?_size=1&_offset=2499&_include=id')) as { items: Json[] };
    expect(again.items[0]?.id).toBe(items[0]?.id);
  });

  test('is deleted one by one; a blueprint goes after its deployments', async () => {
    const world = await start({ holds: 'archive', archive: { inventory: { tenants: 1 } } });
    const refused = await world.json('DELETE', 'blueprints/blueprint_1?force=true');
    expect(refused.error_code).toBe('dependent_exists_error');
    expect((await world.call('DELETE', 'secrets/secret_2')).status).toBe(204);
    const left = (await world.json('GET', 'secrets?_include=key')) as { items: Json[] };
    expect(left.items.map(({ key }) => key)).toEqual(['secret_1', 'secret_3', 'secret_4', 'secret_5']);
    const keys = { deployments: 'id', blueprints: 'id', plugins: 'id', secrets: 'key', sites: 'name' } as const;
    for (const [type, key] of Object.entries(keys)) {
      const { items } = (await world.json('GET', `${type}?_include=${key}`)) as { items: Json[] };
      expect(items.length).toBeGreaterThan(0);
      for (const item of items) {
        expect((await world.call('DELETE', `${type}/${item[key]}`, { body: { force: true } })).status).toBe(204);
      }
      expect(await totalOf(world, type)).toBe(0);
      expect((await world.call('DELETE', `${type}/${items[0]?.[key]}`)).status).toBe(404);
    }
    const { tenants } = world.manager.state.content.inventory();
    expect(tenants).toEqual({ default_tenant: { executions: 20, events: 160 } });
  });

  test('nothing, if it is to be a drill target', async () => {
    const world = await start();
    expect(world.manager.state.content.inventory()).toMatchObject({
      totals: { tenants: 1, users: 1, blueprints: 0, executions: 0 },
      tenants: { default_tenant: {} },
    });
  });
});
