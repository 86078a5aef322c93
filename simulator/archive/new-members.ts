import type { ArchivedUser } from './identity.ts';
import type { ArchiveInventory, TenantInventory } from './inventory.ts';
import type { MemberPlan } from './legacy-members.ts';
import { type Dump, managementDumps, tenantDumps } from './new-items.ts';
import { pluginId } from './pg-tables.ts';
import type { Random } from './random.ts';
import { deflated, type Member, stored } from './zip-writer.ts';

/** The manager starts a new file after so many entities. */
const ITEMS_PER_FILE = 500;

const json = (name: string, value: unknown): Member => deflated(name, Buffer.from(JSON.stringify(value)));

export interface NewFormatOptions {
  readonly inventory: ArchiveInventory;
  readonly version: string;
  readonly executionId: string;
  readonly random: Random;
  readonly users: readonly ArchivedUser[];
}

/** 7.0.0 had folders by type and numbers from 0; 7.0.1 and later count all files of a folder from 00000001. */
function filesOf(folder: string, dumps: readonly Dump[], isFirstLayout: boolean): Member[] {
  let counter = 0;
  return dumps.flatMap(({ type, items, source, sourceId }) =>
    Array.from({ length: Math.ceil(items.length / ITEMS_PER_FILE) }, (_, page): Member => {
      const part = items.slice(page * ITEMS_PER_FILE, (page + 1) * ITEMS_PER_FILE);
      counter += 1;
      if (isFirstLayout) {
        const name = type === 'events' ? `${source}_events` : type;
        return json(`${folder}/${name}/${sourceId ?? page}.json`, { type: name, items: part });
      }
      const origin = source === undefined ? {} : { source, source_id: sourceId };
      return json(`${folder}/${String(counter).padStart(8, '0')}.json`, { type, items: part, ...origin });
    }),
  );
}

function uiMembers(tenants: readonly TenantInventory[]): Member[] {
  const list = (folder: string, type: string): Member => json(`${folder}/${type}.json`, { type, items: [] });
  return [
    ...['blueprints', 'favorites'].map((type) => list('composer', type)),
    json('composer/configuration.json', { type: 'configuration', items: {} }),
    ...['blueprint-layouts', 'page-groups', 'pages', 'templates'].map((type) => list('stage', type)),
    json('stage/configuration.json', { type: 'configuration', items: {} }),
    ...tenants.map(({ name }) => list(`stage/${name}`, 'ua')),
    // An empty zip: nothing but its end record.
    deflated('stage/widgets.zip', Buffer.from(`504b0506${'0'.repeat(36)}`, 'hex')),
    deflated('composer/blueprints.zip', Buffer.from(`504b0506${'0'.repeat(36)}`, 'hex')),
  ];
}

function tenantBlobs(tenant: TenantInventory, suffix: string, random: Random): Member[] {
  return [
    ...Array.from({ length: tenant.blueprints }, (_, n) =>
      stored(`tenants/${tenant.name}/blueprints${suffix}/blueprint_${n + 1}.tar.gz`, random.bytes(400)),
    ),
    // Deployments without a working directory have no archive: of ours only the first has one.
    ...(tenant.deployments > 0
      ? [
          deflated(
            `tenants/${tenant.name}/deployments${suffix}/deployment_1.b64zip`,
            Buffer.from('UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=='),
          ),
        ]
      : []),
  ];
}

/** The archive of 7.0.1 and later, and of 7.0.0 with `legacy: false`. */
export function newMembers({ inventory, version, executionId, random, users }: NewFormatOptions): MemberPlan {
  const isFirstLayout = version === '7.0.0';
  const suffix = isFirstLayout ? '_archives' : '';
  const { tenants, userGroups } = inventory;
  const plugins = tenants.flatMap((tenant) =>
    Array.from(
      { length: tenant.plugins },
      (_, n) => `tenants/${tenant.name}/plugins${suffix}/${pluginId(tenant, n)}.zip`,
    ),
  );
  const metadata = isFirstLayout
    ? { snapshot_version: version }
    : { snapshot_version: version, execution_id: executionId };
  return {
    members: [
      json('metadata.json', metadata),
      ...filesOf('mgmt', managementDumps(tenants, users, userGroups), isFirstLayout),
      ...uiMembers(tenants),
      ...tenants.flatMap((tenant) => [
        ...filesOf(`tenants/${tenant.name}`, tenantDumps(tenant, random), isFirstLayout),
        ...tenantBlobs(tenant, suffix, random),
      ]),
    ],
    blobs: plugins.length > 0 ? plugins : [`tenants/default_tenant/plugins${suffix}/bulk.zip`],
    pad: `tenants/default_tenant/blueprints${suffix}/seed.tar.gz`,
    emptyFolders: tenants.map(({ name }) => `tenants/${name}`),
    extraEvents: 0,
  };
}
