/**
 * How many items of each type an archive holds, in all and by tenant. Types are named alike for both formats: those of
 * `CORE_TYPES` are always in `totals` (0 when there are none), others only when there are some, under their own name.
 * Tenants without items are there too, empty. `truncated` means that tenants or types were left out to stay small.
 * `upperBounds` are types of so many items that some may be counted twice (lib/snapshot/identity-map.ts).
 */
export interface Inventory {
  readonly totals: Readonly<Record<string, number>>;
  readonly tenants: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly truncated?: true;
  readonly upperBounds?: string[] | undefined;
}

/** Items of no tenant. */
export const MANAGER_TYPES = ['tenants', 'users', 'user_groups'] as const;

/** What belongs to a tenant and stays as it is until somebody changes it. */
export const TENANT_TYPES = [
  'sites',
  'plugins',
  'secrets',
  'blueprints',
  'deployments',
  'nodes',
  'node_instances',
  'agents',
] as const;

/** A manager writes more of these all the time. */
export const HISTORY_TYPES = ['executions', 'events', 'logs'] as const;

export const CORE_TYPES = [...MANAGER_TYPES, ...TENANT_TYPES, ...HISTORY_TYPES] as const;

function isCore(type: string): boolean {
  return CORE_TYPES.some((core) => core === type);
}

/** Tenants that are listed one by one: some 200 × 100 bytes are most of what a state of 32 KB can spare. */
export const MAX_TENANTS = 200;

// While counting: far above any manager, yet no archive can make us hold more than some MB.
const MAX_COUNTED_TENANTS = 10_000;
const MAX_TYPES = 200;
const MAX_NAME_LENGTH = 256;

/** Where a table of `pg_data` or a type of the new format is called differently. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['groups', 'user_groups'],
  ['plugins_update', 'plugins_updates'],
  ['deployments_filter', 'deployments_filters'],
  ['executions_events', 'events'],
  ['execution_groups_events', 'events'],
]);

export function typeName(name: string): string {
  return ALIASES.get(name) ?? name;
}

/** Adds up counts while an archive is read. */
export class InventoryBuilder {
  readonly #totals = new Map<string, number>(CORE_TYPES.map((type) => [type, 0]));
  readonly #tenants = new Map<string, Map<string, number>>();
  readonly #upperBounds = new Set<string>();
  #truncated = false;

  /** Adds `count` items, or takes them away again, to the total of a type, named as `typeName` has it. */
  addTotal(type: string, count: number): void {
    if (count === 0) return;
    if (!this.#totals.has(type) && (this.#totals.size >= MAX_TYPES || type.length > MAX_NAME_LENGTH)) {
      this.#truncated = true;
    } else {
      this.#totals.set(type, (this.#totals.get(type) ?? 0) + count);
    }
  }

  /** The same for one tenant; the total is not touched. */
  addToTenant(tenant: string, type: string, count: number): void {
    const counts = this.#tenant(tenant);
    // A type that the totals have no room for has none here either.
    if (counts && count !== 0 && this.#totals.has(type)) counts.set(type, (counts.get(type) ?? 0) + count);
  }

  /** Some items of the type may have been counted twice. */
  markUpperBound(type: string): void {
    this.#upperBounds.add(type);
  }

  /** A tenant that exists, with or without items. */
  addTenant(tenant: string): void {
    this.#tenant(tenant);
  }

  build(): Inventory {
    const names = [...this.#tenants.keys()].sort();
    const listed = names.slice(0, MAX_TENANTS);
    const some = (counts: Iterable<readonly [string, number]>) => [...counts].filter(([, count]) => count > 0);
    const tenants = listed.map((name) => [name, Object.fromEntries(some(this.#tenants.get(name) ?? []))] as const);
    const totals = [...this.#totals].filter(([type, count]) => count > 0 || isCore(type));
    const truncated = this.#truncated || listed.length < names.length;
    return {
      totals: Object.fromEntries(totals),
      tenants: Object.fromEntries(tenants),
      ...(truncated && { truncated }),
      ...(this.#upperBounds.size > 0 && { upperBounds: [...this.#upperBounds].sort() }),
    };
  }

  #tenant(name: string): Map<string, number> | undefined {
    const known = this.#tenants.get(name);
    if (known) return known;
    if (this.#tenants.size >= MAX_COUNTED_TENANTS || name.length > MAX_NAME_LENGTH) {
      this.#truncated = true;
      return undefined;
    }
    const counts = new Map<string, number>();
    this.#tenants.set(name, counts);
    return counts;
  }
}

/** 4 KB of the 32 KB that a state may carry; the core types alone are under 1 KB. */
const STATE_BYTES = 4096;

/** The totals as they may travel between states: the core types only, if an archive has very many others. */
export function totalsForState({ totals }: Pick<Inventory, 'totals'>): Record<string, number> {
  if (Buffer.byteLength(JSON.stringify(totals)) <= STATE_BYTES) return { ...totals };
  return Object.fromEntries(CORE_TYPES.map((type) => [type, totals[type] ?? 0]));
}
