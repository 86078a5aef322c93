import { expect, test } from 'vitest';
import { CORE_TYPES, InventoryBuilder, MAX_TENANTS, totalsForState } from '../../lib/snapshot/inventory.ts';

const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

function manyTenants(count: number): InventoryBuilder {
  const builder = new InventoryBuilder();
  for (let index = 0; index < count; index++) {
    const tenant = `tenant-${String(index).padStart(6, '0')}`;
    builder.addTotal('blueprints', index);
    builder.addToTenant(tenant, 'blueprints', index);
  }
  return builder;
}

test('core types are always there, others only when there are some', () => {
  const builder = new InventoryBuilder();
  builder.addTotal('sites', 2);
  builder.addTotal('unheard_of', 1);
  builder.addTotal('empty', 0);
  builder.addTenant('lonely');
  const { totals, tenants, truncated } = builder.build();
  expect(Object.keys(totals)).toEqual([...CORE_TYPES, 'unheard_of']);
  expect(totals).toMatchObject({ sites: 2, unheard_of: 1, tenants: 0 });
  expect(tenants).toEqual({ lonely: {} });
  expect(truncated).toBeUndefined();
});

test('more tenants than are listed are marked, and still counted in the totals', () => {
  expect(manyTenants(MAX_TENANTS).build().truncated).toBeUndefined();
  const { totals, tenants, truncated } = manyTenants(MAX_TENANTS + 1).build();
  expect(Object.keys(tenants)).toHaveLength(MAX_TENANTS);
  expect(totals.blueprints).toBe(20_100);
  expect(truncated).toBe(true);
});

test('100,000 tenants and 100,000 types stay small', () => {
  const builder = manyTenants(100_000);
  for (let index = 0; index < 100_000; index++) {
    builder.addTotal(`type-${index}`, 1);
    builder.addToTenant('tenant-000001', `type-${index}`, 1);
  }
  const inventory = builder.build();
  expect(inventory.truncated).toBe(true);
  expect(bytes(inventory)).toBeLessThan(24_000);
});

test('names like those of object members are names like others', () => {
  const builder = new InventoryBuilder();
  for (const name of ['__proto__', 'constructor', 'toString']) {
    builder.addTotal(name, 3);
    builder.addToTenant(name, name, 3);
  }
  const inventory = JSON.parse(JSON.stringify(builder.build()));
  expect(Object.keys(inventory.tenants).sort()).toEqual(['__proto__', 'constructor', 'toString']);
  expect(Object.entries(inventory.totals)).toContainEqual(['__proto__', 3]);
});

test('totals of a usual archive travel whole; of one with very many types, the core types do', () => {
  const builder = manyTenants(150);
  builder.addTotal('unheard_of', 1);
  expect(totalsForState(builder.build())).toEqual(builder.build().totals);
  for (let index = 0; index < 190; index++) builder.addTotal(`table_with_a_rather_long_name_${index}`, index);
  const short = totalsForState(builder.build());
  expect(Object.keys(short)).toEqual([...CORE_TYPES]);
  expect(short).toMatchObject({ blueprints: builder.build().totals.blueprints });
  expect(bytes(short)).toBeLessThan(4096);
});
