import { afterEach, describe, expect, test } from 'vitest';
import type { Deps } from '../../../lib/deps.ts';
import { silent } from '../../../lib/local/deps.ts';
import { ManagerClient } from '../../../lib/manager/client.ts';
import type { Call, ManagerHttp } from '../../../lib/manager/http.ts';
import type { Reply } from '../../../lib/manager/reply.ts';
import { clearDrill } from '../../../lib/restore/cleanup/clear-drill.ts';
import type { RestoreInput } from '../../../lib/restore/input.ts';
import { VirtualClock } from '../../support/clock.ts';
import { input, TidyWorld } from '../../support/tidy-world.ts';

const drill: RestoreInput = { ...input, purpose: 'drill' };
const GOING = ['deployments', 'blueprints', 'plugins', 'secrets', 'sites'];
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

describe('a drill on a simulated manager', () => {
  let at: TidyWorld;
  afterEach(async () => await at?.stop());

  const counts = (...types: string[]) => types.map((type) => at.totals[type] ?? 0);

  async function drilled(version: string, format: 'legacy' | 'new', drillTarget = true): Promise<string> {
    at = await TidyWorld.start({ version, edition: 'premium' }, { secret: drillTarget ? { drillTarget } : {} });
    return await at.restore(format);
  }

  test.each([
    ['6.4.1', 'legacy'],
    ['7.0.5', 'new'],
    ['5.0.5', 'legacy'],
  ] as const)('on %s what was restored goes, of every tenant, and what stays is named', async (version, format) => {
    const id = await drilled(version, format);
    const [deployments] = counts('deployments');
    expect(sum(counts(...GOING)), 'the drill had restored something').toBeGreaterThan(3);
    const notes = await at.tidy(at.gathered(id), { input: drill });
    expect(counts(...GOING)).toEqual([0, 0, 0, 0, 0]);
    expect(notes).toMatch(new RegExp(`Removed from manager m1 after the drill: ${deployments} deployments`));
    expect(notes).toMatch(/there remain on manager m1: tenants \(1\), users \(2\)/);
    expect(await at.owns()).toBe(false);
  });

  test.each([
    ['a recovery', input, true],
    ['a drill whose manager is not for drills any more', drill, false],
  ] as const)('nothing of %s goes', async (_name, given, drillTarget) => {
    const id = await drilled('7.0.5', 'new', drillTarget);
    const before = counts(...GOING);
    await at.tidy(at.gathered(id), { input: given });
    expect(counts(...GOING)).toEqual(before);
  });

  test('what was there before goes only if a restore of ours was accepted', async () => {
    at = await TidyWorld.start({ version: '7.0.5', holds: 'archive' }, { secret: { drillTarget: true } });
    const before = counts(...GOING);
    expect(sum(before)).toBeGreaterThan(3);
    await at.tidy(at.gathered(), { input: drill });
    expect(counts(...GOING)).toEqual(before);
    expect(at.uploads).toEqual([]);
  });

  const held = (at: TidyWorld, id: string, restoring: Record<string, unknown> = {}) => {
    const gathered = at.gathered(id) as { plan: { target: object }; restoring: object };
    const plan = { ...gathered.plan, target: { ...gathered.plan.target, isEmpty: false } };
    return { ...gathered, plan, restoring: { ...gathered.restoring, ...restoring } };
  };

  test.each([
    ['new', 'a restore of the new format brought only some of it', {}],
    ['legacy', 'the restore was never seen to end well', { terminatedSince: null, status: 'running' }],
  ] as const)('on a manager that held something before (%s), nothing goes: %s', async (format, _, restoring) => {
    const id = await drilled(format === 'new' ? '7.0.5' : '6.4.1', format);
    const before = counts(...GOING);
    const state = held(at, id, restoring);
    const selection = { ...(state as unknown as { selection: object }).selection, format };
    const notes = await at.tidy({ ...state, selection }, { input: drill });
    expect(notes).toMatch(/Nothing that manager m1 holds was removed after the drill: it had content before/);
    expect(counts(...GOING)).toEqual(before);
    expect(await at.owns()).toBe(false);
  });

  test('what a legacy restore put in place of all that was there goes', async () => {
    const id = await drilled('6.4.1', 'legacy');
    expect(await at.tidy(held(at, id), { input: drill })).toMatch(/Removed from manager m1 after the drill/);
    expect(counts(...GOING)).toEqual([0, 0, 0, 0, 0]);
  });

  test('what was there before, when the plan is not known, stays', async () => {
    const id = await drilled('7.0.5', 'new');
    const before = counts(...GOING);
    const { plan: _, ...state } = at.gathered(id);
    const selection = { ...(state['selection'] as object), format: 'new' };
    expect(await at.tidy({ ...state, selection }, { input: drill })).toMatch(/what it had before is not known/);
    expect(counts(...GOING)).toEqual(before);
  });

  test('nothing goes while the restore is at work', async () => {
    at = await TidyWorld.start({ version: '7.0.5', holds: 'archive' }, { secret: { drillTarget: true } });
    const before = counts(...GOING);
    at.execute('started');
    expect(await at.tidy(at.gathered('mine'), { input: drill })).toMatch(/still at work/);
    expect(counts(...GOING)).toEqual(before);
  });

  test('what the manager does not delete holds nobody up for longer than the step has', async () => {
    const id = await drilled('7.0.5', 'new');
    at.world.manager.faults.inject('forbidden', {}, { method: 'DELETE', path: /\/(deployments|plugins)\// });
    const before = at.world.clock.now().getTime();
    const notes = await at.tidy(at.gathered(id), { input: drill });
    expect((at.world.clock.now().getTime() - before) / 1000).toBeLessThan(600);
    expect(notes).toMatch(/there remain on manager m1: .*deployments \(\d+\)/);
    expect(counts('secrets', 'sites')).toEqual([0, 0]);
  });

  test('a manager that answers with 503 now and then is asked again', async () => {
    const id = await drilled('7.0.5', 'new');
    at.world.manager.faults.inject('rateLimited', {}, { method: 'DELETE', path: /\/deployments\//, times: 2 });
    await at.tidy(at.gathered(id), { input: drill });
    expect(counts(...GOING)).toEqual([0, 0, 0, 0, 0]);
  });
});

/** Deletes deployments as real managers do: a workflow is started, and the row goes when that has ended. */
class SlowManager {
  readonly calls: Call[] = [];
  readonly #items: Map<string, { type: string; id: string; tenant: string; goneAt: number }>;
  readonly #clock: VirtualClock;
  readonly #seconds: number;

  constructor(clock: VirtualClock, seconds: number, items: readonly [type: string, id: string, tenant: string][]) {
    this.#clock = clock;
    this.#seconds = seconds;
    this.#items = new Map(
      items.map(([type, id, tenant]) => [`/${type}/${id}`, { type, id, tenant, goneAt: Number.POSITIVE_INFINITY }]),
    );
  }

  client(): ManagerClient {
    const http = { manager: 'm1', node: 'https://10.0.0.1', call: async (call: Call) => this.#answer(call) };
    return new ManagerClient([http as unknown as ManagerHttp], async () => undefined);
  }

  deleted(type: string): Call[] {
    return this.calls.filter(({ method, path }) => method === 'DELETE' && path.startsWith(`/${type}/`));
  }

  left(type?: string): string[] {
    const now = this.#clock.now().getTime();
    return [...this.#items.values()]
      .filter((item) => item.goneAt > now && (type ?? item.type) === item.type)
      .map(({ id }) => id);
  }

  #answer(call: Call): Reply {
    this.calls.push(call);
    const path = decodeURIComponent(call.path);
    if (call.method === 'DELETE') return this.#delete(call, path);
    const type = path.slice(1).split('?')[0] ?? '';
    if (!GOING.includes(type)) return list(type === 'tenants' ? [{ name: 'default_tenant' }] : []);
    const rows = [...this.#items.values()].filter((item) => this.left(type).includes(item.id) && item.type === type);
    return list(rows.map(({ id, tenant }) => ({ id, key: id, name: id, tenant_name: tenant })));
  }

  #delete({ headers }: Call, path: string): Reply {
    const item = this.#items.get(path);
    if (!item || item.tenant !== headers?.['tenant']) return error(404, 'not_found_error');
    if (item.type === 'blueprints' && this.left('deployments').length > 0) return error(400, 'dependent_exists_error');
    const seconds = item.type === 'deployments' ? this.#seconds : 0;
    if (item.goneAt !== Number.POSITIVE_INFINITY) return error(400, 'dependent_exists_error');
    item.goneAt = this.#clock.now().getTime() + seconds * 1000;
    return { status: 204, json: undefined, code: undefined, message: '' };
  }
}

const list = (items: readonly Record<string, string>[]): Reply => ({
  status: 200,
  json: { items, metadata: { pagination: { total: items.length, size: 1000, offset: 0 } } },
  code: undefined,
  message: '',
});
const error = (status: number, code: string): Reply => ({ status, json: { error_code: code }, code, message: '' });

describe('a drill on a manager that deletes deployments by a workflow', () => {
  const clock = new VirtualClock();
  const deps = { clock, log: silent, signal: new AbortController().signal } as unknown as Deps;
  const items: [string, string, string][] = [
    ['deployments', 'd 1', 't1'],
    ['deployments', 'd2', 'default_tenant'],
    ['blueprints', 'b1', 't1'],
    ['plugins', 'p1', 'default_tenant'],
    ['secrets', 'a/b?c', 't1'],
    ['sites', 's1', 't1'],
  ];

  test('waits for each deployment, asks once, in its own tenant, and only then removes blueprints', async () => {
    const manager = new SlowManager(clock, 17, items);
    expect(await clearDrill(manager.client(), 'm1', deps)).toEqual([
      'Removed from manager m1 after the drill: 2 deployments, 1 blueprints, 1 plugins, 1 secrets, 1 sites.',
    ]);
    expect(manager.left()).toEqual([]);
    const deployments = manager.deleted('deployments');
    expect(deployments.map(({ path, headers }) => [path, headers?.['tenant']])).toEqual([
      ['/deployments/d%201', 't1'],
      ['/deployments/d2', 'default_tenant'],
    ]);
    expect(deployments[0]?.query).toMatchObject({ force: 'true', ignore_live_nodes: 'true' });
    expect(manager.deleted('blueprints')).toMatchObject([{ query: { force: 'true' } }]);
    expect(manager.deleted('plugins')).toMatchObject([{ body: { force: true } }]);
    expect(manager.deleted('secrets').map(({ path }) => path)).toEqual(['/secrets/a%2Fb%3Fc']);
  });

  test('never runs a workflow that touches machines', async () => {
    const manager = new SlowManager(clock, 1, items);
    await clearDrill(manager.client(), 'm1', deps);
    expect(manager.calls.filter(({ method = 'GET' }) => !['GET', 'DELETE'].includes(method))).toEqual([]);
  });

  test('gives a deployment up that never goes, and goes on with the rest', async () => {
    const manager = new SlowManager(clock, 1e9, items);
    const before = clock.now().getTime();
    const notes = await clearDrill(manager.client(), 'm1', deps);
    expect((clock.now().getTime() - before) / 1000).toBeLessThan(480);
    expect(manager.deleted('deployments').length).toBeLessThanOrEqual(12);
    expect(manager.left().sort()).toEqual(['b1', 'd 1', 'd2']);
    expect(notes.join(' ')).toMatch(
      /1 plugins, 1 secrets, 1 sites\. Of the drill there remain.*deployments \(2\), blueprints \(1\)/,
    );
  });
});
