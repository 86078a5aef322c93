import { CONTENT_TYPES, Content, type ContentType, FIRST_TENANT, type Inventory } from './content.ts';
import { nameOf } from './inventory-lists.ts';

/** Something that the archive holds and the manager does not have from it after the restore. */
export interface Skipped {
  readonly tenant: string;
  readonly message: string;
}

const exists = (type: string, name: string, tenant: string): string =>
  `Could not restore ${type} ${name}: 409: <${type} id=\`${name}\` tenant=\`${tenant}\`> already exists`;

/** An inventory without some things of a type, which are taken from the tenants in order, the last ones first. */
export function withoutLost(
  { totals, tenants }: Inventory,
  type: ContentType,
  count: number,
): { inventory: Inventory; skipped: Skipped[] } {
  const skipped: Skipped[] = [];
  const left = Object.entries(tenants).map(([tenant, counts]) => {
    const has = counts[type] ?? 0;
    const taken = Math.min(has, count - skipped.length);
    for (let number = has - taken; number < has; number++) {
      const name = nameOf(type, tenant, number);
      skipped.push({ tenant, message: `Could not restore ${type} ${name}: 500: Internal error occurred` });
    }
    return [tenant, { ...counts, [type]: has - taken }] as const;
  });
  const total = Math.max(0, (totals[type] ?? 0) - skipped.length);
  return { inventory: { totals: { ...totals, [type]: total }, tenants: Object.fromEntries(left) }, skipped };
}

/** History and its events have no REST calls that could collide. */
const SILENT: readonly ContentType[] = ['events', 'logs'];

/**
 * A new-format restore makes each thing through REST; what exists already is refused, logged and left as it is (contract
 * §7.3). `default_tenant` and the admin are left out on purpose.
 */
export function merge(content: Content, inventory: Inventory): Skipped[] {
  const incoming = Content.of(inventory);
  const skipped: Skipped[] = [];
  for (const tenant of incoming.tenants) {
    if (tenant !== FIRST_TENANT && content.tenants.includes(tenant)) {
      skipped.push({ tenant, message: exists('tenants', tenant, tenant) });
    }
    content.addTenant(tenant);
    for (const type of CONTENT_TYPES) {
      const holding = content.holding(tenant, type);
      const { size } = incoming.holding(tenant, type);
      const known = SILENT.includes(type) ? [] : holding.below(size);
      skipped.push(...known.map((n) => ({ tenant, message: exists(type, nameOf(type, tenant, n), tenant) })));
      holding.add(size);
    }
  }
  const tenant = FIRST_TENANT;
  for (let n = 1; n < Math.min(content.users, incoming.users); n++) {
    skipped.push({ tenant, message: exists('users', `user_${n}`, tenant) });
  }
  for (let n = 0; n < Math.min(content.userGroups, incoming.userGroups); n++) {
    skipped.push({ tenant, message: exists('user_groups', `group_${n + 1}`, tenant) });
  }
  content.users = Math.max(content.users, incoming.users);
  content.userGroups = Math.max(content.userGroups, incoming.userGroups);
  return skipped;
}
