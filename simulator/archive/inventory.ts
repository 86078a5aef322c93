/** What one tenant of the manager holds. */
export interface TenantInventory {
  readonly name: string;
  readonly blueprints: number;
  readonly deployments: number;
  readonly plugins: number;
  readonly secrets: number;
  readonly sites: number;
  readonly nodes: number;
  readonly nodeInstances: number;
  readonly agents: number;
  /** In a legacy archive the row of the creating execution is one of these (of `default_tenant`). */
  readonly executions: number;
  readonly events: number;
}

export type Counts = Omit<TenantInventory, 'name'>;

/** What an archive holds, in numbers. `totals` adds up the tenants. */
export interface ArchiveInventory {
  readonly tenants: readonly TenantInventory[];
  readonly users: number;
  readonly userGroups: number;
  readonly totals: Counts & { readonly tenants: number };
}

export interface InventoryOptions {
  /** Tenants by name and what differs from the default, or only how many of the default kind. */
  readonly tenants?: number | readonly (Partial<TenantInventory> & { readonly name: string })[];
  readonly users?: number;
  readonly userGroups?: number;
}

/** A small but lively tenant: every kind of thing is there at least once. */
const USUAL: Counts = {
  blueprints: 4,
  deployments: 6,
  plugins: 2,
  secrets: 5,
  sites: 1,
  nodes: 12,
  nodeInstances: 18,
  agents: 3,
  executions: 20,
  events: 160,
};

const KINDS = Object.keys(USUAL) as (keyof Counts)[];

/** `default_tenant` exists on every manager and cannot be removed. */
const FIRST_TENANT = 'default_tenant';

export function planInventory({ tenants = 2, users = 3, userGroups = 1 }: InventoryOptions = {}): ArchiveInventory {
  const named =
    typeof tenants === 'number'
      ? Array.from({ length: tenants }, (_, n) => ({ name: n === 0 ? FIRST_TENANT : `tenant_${n + 1}` }))
      : tenants;
  const all = named.map((tenant): TenantInventory => ({ ...USUAL, ...tenant }));
  const sums = Object.fromEntries(KINDS.map((kind) => [kind, all.reduce((sum, tenant) => sum + tenant[kind], 0)]));
  return { tenants: all, users, userGroups, totals: { ...USUAL, ...sums, tenants: all.length } };
}
