import type { ArchiveIdentity } from './identity.ts';
import type { ArchiveInventory } from './inventory.ts';
import { type PgDataOptions, pgData } from './pg-data.ts';
import { pluginFile, pluginId } from './pg-tables.ts';
import { deflated, type Member, stored } from './zip-writer.ts';

/** The members of an archive, before the bulk is poured into the blobs. */
export interface MemberPlan {
  readonly members: readonly Member[];
  /** Names of the members that carry the bulk: plugin archives. */
  readonly blobs: readonly string[];
  /** The stored member that takes the last bytes, so that the size comes out exactly. */
  readonly pad: string;
  /** Folders that hold nothing but have entries. */
  readonly emptyFolders: readonly string[];
  readonly extraEvents: number;
}

const json = (name: string, value: unknown): Member => deflated(name, Buffer.from(JSON.stringify(value)));
const text = (name: string, value: string): Member => deflated(name, Buffer.from(value));

const X = (length: number): string => 'x'.repeat(length);

export interface LegacyOptions extends PgDataOptions {
  /** Default: x's, which lock everybody out. */
  readonly identity?: ArchiveIdentity | undefined;
  /** Community has no UI databases: only one revision stands in the metadata. Default premium. */
  readonly edition?: 'community' | 'premium' | undefined;
}

const EMPTY_DUMP = '--\n-- PostgreSQL database dump\n--\n\n--\n-- PostgreSQL database dump complete\n--\n';

/** The state of the manager beside its database (contract §10.1); secrets are x's, as in the recorded archives. */
function rootMembers({ version, inventory, identity, edition }: LegacyOptions): Member[] {
  const { salt, adminName, adminHash } = identity ?? { salt: X(52), adminName: 'admin', adminHash: '$pbkdf2-sha256$x' };
  const admin = { id: 0, username: adminName, active: true, created_at: null, email: null, password: adminHash };
  const revisions = {
    composer_schema_revision: '20170601133017-4_1-init.js',
    stage_schema_revision: '20200123095213-5_1-CreateBlueprintUserData.js',
  };
  return [
    json('rest-security.conf', {
      encoding_alphabet: X(31),
      encoding_block_size: 24,
      encryption_key: X(88),
      hash_salt: salt,
      secret_key: X(44),
      encoding_min_length: 5,
    }),
    // psql pads the row with a blank and ends with empty lines.
    text('admin_account.json', ` ${JSON.stringify(admin)}\n\n\n`),
    ...(edition === 'community' ? [] : [text('stage_data', EMPTY_DUMP), text('composer_data', EMPTY_DUMP)]),
    json('networks.json', { active_networks: [] }),
    json('metadata.json', {
      ...(edition === 'community' ? {} : revisions),
      snapshot_version: version,
      schema_revision: '62a8d746d13b',
    }),
    json('agents.json', Object.fromEntries(inventory.tenants.map(({ name }) => [name, {}]))),
  ];
}

const SSL_FILES = [
  'cloudify_internal_ca_key.pem',
  'cloudify_internal_ca_cert.pem',
  'cloudify_internal_key.pem',
  'cloudify_internal_cert.pem',
  'cloudify_external_key.pem',
  'cloudify_external_cert.pem',
  'certificate_metadata',
];

function blueprintMembers({ inventory, random }: PgDataOptions): Member[] {
  return inventory.tenants.flatMap((tenant) =>
    Array.from({ length: tenant.blueprints }, (_, n) => `${tenant.name}/blueprint_${n + 1}`).flatMap((path, n) => [
      text(`blueprints/${path}/blueprint.yaml`, `tenant: ${tenant.name}\nnumber: ${n}\n`),
      stored(`uploaded-blueprints/${path}/blueprint_${n + 1}.zip`, random.bytes(400)),
    ]),
  );
}

function pluginBlobs(inventory: ArchiveInventory): string[] {
  return inventory.tenants.flatMap((tenant) =>
    Array.from({ length: tenant.plugins }, (_, n) => `plugins/${pluginId(tenant, n)}/${pluginFile(n)}`),
  );
}

/** The archive of 5.0.5 to 6.4, and of 7.x with `legacy: true`. */
export function legacyMembers(options: LegacyOptions): MemberPlan {
  const { member, extraEvents } = pgData(options);
  const plugins = pluginBlobs(options.inventory);
  const pad = 'uploaded-blueprints/default_tenant/seed/seed.zip';
  return {
    members: [
      ...rootMembers(options),
      member,
      ...SSL_FILES.map((name) => text(`ssl/${name}`, `${X(1_700)}\n`)),
      ...blueprintMembers(options),
      ...options.inventory.tenants
        .slice(0, 1)
        .map(({ name }) => text(`deployments/${name}/deployment_1/notes.txt`, 'notes\n')),
      text('stage/dist/userData/templates/pages/home.json', '{}'),
    ],
    blobs: plugins.length > 0 ? plugins : ['global-resources/bulk.bin'],
    pad,
    emptyFolders: ['snapshot-credentials', 'composer/backend', 'stage/dist/userData/widgets'],
    extraEvents,
  };
}
