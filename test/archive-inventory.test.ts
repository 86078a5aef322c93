import { expect, test } from 'vitest';
import { CORE_TYPES, InventoryBuilder, MAX_TENANTS, summarize } from '../lib/archive/inventory.ts';

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

test('a summary keeps the largest tenants, and says that it is one', () => {
  const inventory = manyTenants(150).build();
  expect(summarize(inventory, 100_000)).toBe(inventory);
  const short = summarize(inventory, 2000);
  expect(bytes(short)).toBeLessThanOrEqual(2000);
  expect(bytes(short)).toBeGreaterThan(1900);
  expect(short).toMatchObject({ totals: inventory.totals, truncated: true });
  expect(Object.keys(short.tenants)[0]).toBe('tenant-000149');
});

test.each([400, 500, 700, 1000, 3000, 10_000])('a summary in %d bytes has no more', (most) => {
  const builder = manyTenants(200);
  for (let index = 0; index < 50; index++) builder.addTotal(`table "${index}"`, index);
  expect(bytes(summarize(builder.build(), most))).toBeLessThanOrEqual(most);
});
