import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { localDeps } from '../../../lib/local/deps.ts';
import type { ManagerClient } from '../../../lib/manager/client.ts';
import { type Content, isEmpty, readContent } from '../../../lib/manager/content.ts';
import type { SimulatedManagerOptions } from '../../../simulator/manager/options.ts';
import { startSimulatedManager } from '../../../simulator/manager/server.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))));

async function clientOf(endpoint: string): Promise<ManagerClient> {
  const deps = localDeps({
    secret: { endpoints: [endpoint], username: 'admin', password: 'admin' },
    s3: undefined as never,
    bucket: 'none',
    signal: new AbortController().signal,
    settings: { managerTimeoutMs: 5000, managerIdleMs: 5000 },
  });
  closing.push(() => deps.close());
  return await deps.managers.open('m1');
}

async function simulated(options: SimulatedManagerOptions) {
  const manager = await startSimulatedManager(options);
  closing.push(() => manager.close());
  return { manager, client: await clientOf(manager.urls[0] ?? '') };
}

const tenants = [
  { name: 'default_tenant', blueprints: 4, deployments: 9, sites: 0, nodes: 20 },
  { name: 'second', blueprints: 3, deployments: 3, sites: 2, nodes: 0 },
  { name: 'third', blueprints: 0, deployments: 0, sites: 0 },
];
const inventory = { tenants, users: 4 };
const archive = { sizeBytes: 100_000, inventory };

describe('what a manager holds', () => {
  test.each(['legacy', 'new'] as const)('is what its own archive holds (%s), tenant by tenant', async (format) => {
    const version = format === 'legacy' ? '6.4.2' : '7.0.5';
    const { manager, client } = await simulated({ version, edition: 'premium', archive });
    const { totals, unavailable, totalsOnly, ...content } = await readContent(client);
    const held = manager.state.content.inventory();
    expect(unavailable).toEqual([]);
    expect(totalsOnly).toEqual(['executions']);
    for (const type of Object.keys(totals).filter((name) => name !== 'executions')) {
      expect([type, totals[type]]).toEqual([type, held.totals[type] ?? 0]);
    }
    expect(totals).toMatchObject({ tenants: 3, users: 4, blueprints: 7, deployments: 12, sites: 2 });
    expect(Object.keys(content.tenants).sort()).toEqual(['default_tenant', 'second', 'third']);
    for (const [tenant, counts] of Object.entries(content.tenants)) {
      for (const [type, count] of Object.entries(counts)) {
        expect([tenant, type, count]).toEqual([tenant, type, held.tenants[tenant]?.[type]]);
      }
    }
    expect(content.tenants.second).toMatchObject({ blueprints: 3, deployments: 3, sites: 2 });
  });

  test('without the tenants: the same totals, in few calls', async () => {
    const { manager, client } = await simulated({ edition: 'premium', archive });
    const { totals } = await readContent(client);
    const before = manager.requests.length;
    const short = await readContent(client, { totalsOnly: true });
    expect(short.totals).toEqual(totals);
    expect(manager.requests.length - before).toBe(12);
  });

  test('is read over several pages', async () => {
    const grown = tenants.map((one) => (one.name === 'second' ? { ...one, deployments: 2492 } : one));
    const many = { ...archive, inventory: { ...inventory, tenants: grown } };
    const { manager, client } = await simulated({ edition: 'premium', archive: many });
    const content = await readContent(client);
    expect(content.totals.deployments).toBe(2501);
    expect(content.tenants.default_tenant?.deployments).toBe(9);
    expect(content.tenants.second?.deployments).toBe(2492);
    const pages = manager.requests.filter(({ path }) => /\/deployments(\?|$)/.test(path));
    expect(pages).toHaveLength(3);
  });

  test('users and groups of a community manager are not shown, which is not none', async () => {
    const { client } = await simulated({ edition: 'community', archive });
    const { totals, unavailable } = await readContent(client);
    expect(unavailable).toEqual(['users', 'user_groups']);
    expect(totals).not.toHaveProperty('users');
    expect(totals.tenants).toBe(3);
  });

  test('maintenance mode is no obstacle', async () => {
    const { manager, client } = await simulated({ edition: 'premium', archive });
    const at = { path: '/maintenance/activate', method: 'POST' } as const;
    expect((await client.call(at)).status).toBeLessThan(300);
    expect((await client.call({ path: '/blueprints' })).status).toBe(503);
    expect((await readContent(client)).totals.blueprints).toBe(manager.state.content.inventory().totals.blueprints);
  });

  test('a fresh manager is empty, one with a tenant more is not', async () => {
    const { manager, client } = await simulated({ edition: 'premium', holds: 'nothing' });
    expect(isEmpty(await readContent(client))).toBe(true);
    expect(isEmpty(await readContent(client, { totalsOnly: true }))).toBe(true);
    manager.state.addTenant('second');
    expect(isEmpty(await readContent(client, { totalsOnly: true }))).toBe(false);
  });

  test('wrong credentials are an error and not an empty manager', async () => {
    const { manager } = await simulated({ edition: 'premium', archive, password: 'another' });
    await expect(readContent(await clientOf(manager.urls[0] ?? ''))).rejects.toMatchObject({
      name: 'CredentialsRejected',
    });
  });
});

type Answer = { status?: number; total?: number; items?: object[]; html?: string; code?: string };

/** A manager of which only some collections matter; the others are empty. */
async function answering(answers: Record<string, (query: URLSearchParams, request: IncomingMessage) => Answer>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://m');
    const name = pathname.replace('/api/v3.1/', '');
    asked.push(`${name}?${searchParams}`);
    const { status = 200, total = 0, items = [], html, code } = answers[name]?.(searchParams, request) ?? {};
    const body = code ? { error_code: code, message: '' } : { metadata: { pagination: { total } }, items };
    response.writeHead(status, { 'content-type': html ? 'text/html' : 'application/json' });
    response.end(html ?? JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(
    async () => server.closeAllConnections(),
    () => new Promise((resolve) => server.close(resolve)),
  );
  return { client: await clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), asked };
}

const rows = (count: number, of = 'default_tenant') =>
  Array.from({ length: count }, (_, n) => ({ id: `i${n}`, tenant_name: of }));

const page404 = { status: 404, html: '<html>404</html>' };

describe('odd managers', () => {
  test.each([
    ['its own 404', { status: 404, code: 'not_found_error' }, '7.0.5'],
    ['that of community', { status: 404, code: 'missing_premium_package_error' }, '7.0.5'],
    ['the 404 page of an old nginx', page404, '5.0.5'],
  ])('a collection that it does not know (%s) is unavailable', async (_, answer, version) => {
    const { client } = await answering({ sites: () => answer });
    for (const totalsOnly of [false, true]) {
      const { unavailable, totals } = await readContent(client, { version, totalsOnly });
      expect(unavailable).toEqual(['sites']);
      expect(totals).not.toHaveProperty('sites');
    }
  });

  test.each([
    ['sites', '6.0.0'],
    ['sites', undefined],
    ['secrets', '5.0.5'],
    ['users', '7.0.5'],
  ])("a proxy's 404 page in place of %s (%s) says nothing of the manager", async (type, version) => {
    const { client } = await answering({ [type]: () => page404 });
    for (const totalsOnly of [false, true])
      await expect(readContent(client, { ...(version && { version }), totalsOnly })).rejects.toMatchObject({
        name: 'ManagerUnavailable',
        message: expect.stringMatching(`list ${type}.*404.*not JSON`),
      });
  });

  test('rows are sorted by all that tells them apart', async () => {
    const { client, asked } = await answering({});
    await readContent(client);
    const sorts = (name: string) =>
      new URLSearchParams(asked.find((one) => one.startsWith(`${name}?`))?.split('?')[1]).getAll('_sort');
    expect(sorts('nodes')).toEqual(['id', 'deployment_id', 'tenant_name']);
    expect(sorts('secrets')).toEqual(['key', 'tenant_name']);
    expect(sorts('users')).toEqual(['username']);
  });

  test.each([
    ['a row that is shown twice', () => ({ total: 2, items: [...rows(1), ...rows(1)] })],
    ['an order that it cannot make', () => ({ status: 500, code: 'internal_server_error' })],
  ])('%s: the total has to do', async (_, answer) => {
    const { client } = await answering({ secrets: (query) => (query.has('_sort') ? answer() : { total: 2 }) });
    const { totals, tenants, totalsOnly } = await readContent(client);
    expect([totals.secrets, tenants, totalsOnly]).toEqual([2, {}, ['secrets', 'executions']]);
  });

  test('rows that differ in nothing but their deployment or their tenant are as many as they are', async () => {
    const items = [
      { id: 'vm', deployment_id: 'd1', tenant_name: 't1' },
      { id: 'vm', deployment_id: 'd2', tenant_name: 't1' },
      { id: 'vm', deployment_id: 'd1', tenant_name: 't2' },
    ];
    const { client } = await answering({ nodes: () => ({ total: 3, items }) });
    expect((await readContent(client)).tenants).toEqual({ t1: { nodes: 2 }, t2: { nodes: 1 } });
  });

  test('a slow one is asked for numbers after 5 min, also in the middle of a list', async () => {
    let seconds = 0;
    const clock = { now: () => new Date(seconds * 1000) };
    const { client, asked } = await answering({
      plugins: (query) => {
        seconds += 100;
        return { total: 9000, items: query.has('_offset') ? rows(1000) : [] };
      },
      tenants: () => ({ total: 1, items: [{ name: 'default_tenant' }] }),
    });
    const { totals, tenants, totalsOnly } = await readContent(client, { clock });
    expect(totals.plugins).toBe(9000);
    expect(tenants).toEqual({ default_tenant: {} });
    expect(totalsOnly).toContain('plugins');
    expect(totalsOnly).toContain('agents');
    expect(totalsOnly).not.toContain('sites');
    expect(asked.filter((one) => one.startsWith('plugins'))).toHaveLength(4);
  });

  test('where the tenant cannot be asked for, the total has to do', async () => {
    const refused = { status: 400, code: 'no_such_include_field_error' };
    const { client } = await answering({ agents: (query) => (query.has('_include') ? refused : { total: 9 }) });
    const { totals, totalsOnly, tenants } = await readContent(client);
    expect(totals.agents).toBe(9);
    expect(totalsOnly).toEqual(['agents', 'executions']);
    expect(tenants).toEqual({});
  });

  test.each([
    [503, 'ManagerUnavailable'],
    [403, 'PermissionDenied'],
    [400, 'UnexpectedReply'],
  ])('HTTP %d is an error', async (status, name) => {
    const { client } = await answering({ plugins: () => ({ status, code: 'x' }) });
    await expect(readContent(client)).rejects.toMatchObject({ name, message: expect.stringContaining('list plugins') });
  });

  test('a list that shrinks while it is read is read again, and never for ever', async () => {
    let total = 3000;
    const { client, asked } = await answering({
      nodes: (query) => {
        const offset = Number(query.get('_offset'));
        const items = rows(Math.max(0, Math.min(1000, total - offset)));
        const before = total;
        if (total > 1500) total -= 700;
        return { total: before, items };
      },
    });
    const { totals, tenants, totalsOnly } = await readContent(client);
    expect(totals.nodes).toBe(900);
    expect(tenants).toEqual({ default_tenant: { nodes: 900 } });
    expect(totalsOnly).toEqual(['executions']);
    expect(asked.filter((one) => one.startsWith('nodes')).length).toBeLessThan(8);
  });

  test('one that pretends to have more than it shows ends as a total', async () => {
    const { client, asked } = await answering({ nodes: () => ({ total: 5000, items: [] }) });
    const { totals, totalsOnly } = await readContent(client);
    expect([totals.nodes, totalsOnly]).toEqual([5000, ['nodes', 'executions']]);
    expect(asked.filter((one) => one.startsWith('nodes'))).toHaveLength(3);
  });

  test('of more than 200,000 rows only the number is read', async () => {
    const { client, asked } = await answering({
      'node-instances': () => ({ total: 200_001, items: rows(1000) }),
    });
    const { totals, totalsOnly } = await readContent(client);
    expect([totals.node_instances, totalsOnly]).toEqual([200_001, ['node_instances', 'executions']]);
    expect(asked.filter((one) => one.startsWith('node-instances'))).toHaveLength(2);
  });

  test('every call passes maintenance mode, and executions include the manager’s own', async () => {
    const headers = new Set<unknown>();
    const seen = { executions: '' };
    const { client, asked } = await answering({
      executions: (query, request) => {
        headers.add(request.headers['x-bypass-maintenance']);
        seen.executions = query.toString();
        return { total: 4 };
      },
    });
    expect((await readContent(client)).totals.executions).toBe(4);
    expect([...headers]).toEqual(['true']);
    expect(seen.executions).toBe('_include_system_workflows=true&_all_tenants=true&_size=0');
    expect(asked.filter((one) => /^(tenants|users|user-groups)\?.*_all_tenants/.test(one))).toEqual([]);
  });
});

interface Exchange {
  readonly request?: { readonly method: string; readonly path: string };
  readonly response?: { readonly status: number; readonly body: unknown };
}

interface RecordedList {
  readonly items?: object[];
  readonly metadata?: { readonly pagination: { readonly total: number } };
  readonly error_code?: string;
}

test('reads what a running manager answered (13-inventory.json): shared items count once', async () => {
  const text = await readFile(new URL('../../fixtures/recordings/13-inventory.json', import.meta.url), 'utf8');
  const exchanges = (JSON.parse(text) as { exchanges: Exchange[] }).exchanges;
  const recorded = (start: string) =>
    exchanges.find(({ request }) => request?.method === 'GET' && request.path.startsWith(`/api/v3.1${start}`))
      ?.response;
  const answer = (start: string) => {
    const { status, body } = recorded(start) ?? { status: 500, body: undefined };
    const { items = [], metadata, error_code } = body as RecordedList;
    return { status, items, total: metadata?.pagination.total ?? 0, ...(error_code ? { code: error_code } : {}) };
  };
  const { client } = await answering({
    tenants: () => answer('/tenants?_include=name&'),
    users: () => answer('/users?'),
    'user-groups': () => answer('/user-groups?'),
    secrets: () => answer('/secrets?_include=key,tenant_name&_all_tenants=true'),
    executions: () => answer('/executions?_include=id&_size=1&_all_tenants=true&_include_system'),
  });
  const content = await readContent(client);
  expect(content.totals).toMatchObject({ tenants: 2, secrets: 5, executions: 5 });
  expect(content.tenants).toEqual({ default_tenant: { secrets: 3 }, tenant2: { secrets: 2 } });
  expect(content.unavailable).toEqual(['users', 'user_groups']);
});

describe('empty', () => {
  const fresh: Content = {
    totals: { tenants: 1, users: 1, user_groups: 0, blueprints: 0, executions: 40 },
    tenants: {},
    unavailable: [],
  };
  const plus = (totals: Record<string, number>): Content => ({ ...fresh, totals: { ...fresh.totals, ...totals } });

  test('is what has only what an installation brings', () => {
    expect(isEmpty(fresh)).toBe(true);
    expect(isEmpty({ ...fresh, unavailable: ['users', 'user_groups', 'sites', 'agents'] })).toBe(true);
    expect(isEmpty({ ...plus({ users: 4 }), builtInUsers: 4 })).toBe(true);
  });

  test.each(['blueprints', 'deployments', 'plugins', 'secrets', 'sites', 'nodes', 'node_instances', 'user_groups'])(
    'is not what has one of %s',
    (type) => expect(isEmpty(plus({ [type]: 1 }))).toBe(false),
  );

  test.each(['tenants', 'users'])('is not what has two %s', (type) => expect(isEmpty(plus({ [type]: 2 }))).toBe(false));

  test.each(['blueprints', 'deployments', 'secrets'])('is nothing that hides its %s', (type) =>
    expect(isEmpty({ ...fresh, unavailable: [type] })).toBe(false),
  );

  test('the reporters of a 5.x installation are no users of anybody', async () => {
    const users = ['admin', 'manager_status_reporter', 'db_status_reporter', 'broker_status_reporter'];
    const { client } = await answering({
      tenants: () => ({ total: 1, items: [{ name: 'default_tenant' }] }),
      users: () => ({ total: users.length, items: users.map((username) => ({ username })) }),
    });
    const content = await readContent(client);
    expect(content).toMatchObject({ totals: { users: 4 }, builtInUsers: 4 });
    expect(isEmpty(content)).toBe(true);
  });
});
