import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { hours } from '../../lib/base/durations.ts';
import { snapshotIdAt } from '../../lib/base/ids.ts';
import type { CatalogueStore } from '../../lib/catalogue/catalogue.ts';
import { keysOf, recordsOf } from '../../lib/storage/layout.ts';
import { manifestOf } from './manifests.ts';

/** As a manager with 50 tenants has it: 8 KB of a manifest. */
const TENANTS = Object.fromEntries(
  Array.from({ length: 50 }, (_, i) => [`tenant_${i}`, { users: i, blueprints: i, deployments: i, secrets: i }]),
);

/** A store with an archive for each hour before `now`, that counts what it is asked for. */
export class ManyArchives implements CatalogueStore {
  reads = 0;
  /** Prefixes, as they were asked for. */
  readonly lists: string[] = [];
  readonly #times: ReadonlyMap<string, Date>;

  constructor(count: number, now: Date) {
    const times = Array.from({ length: count }, (_, i) => new Date(now.getTime() - hours(count - i)));
    this.#times = new Map(times.map((at) => [keysOf('m1', snapshotIdAt(at)).manifest, at]));
  }

  readonly records: CatalogueStore['records'] = {
    list: async (prefix) => {
      this.lists.push(prefix);
      if (prefix !== recordsOf('manifest', 'm1')) return [];
      return [...this.#times].map(([key, lastModified]) => ({ key, lastModified, etag: `"${key}"` }));
    },
    read: async (key, schema) => {
      this.reads += 1;
      const at = this.#times.get(key);
      if (!at) return undefined;
      const manifest = manifestOf('m1', snapshotIdAt(at), { ready: at.toISOString(), versionId: 'v' });
      const text = JSON.stringify({ ...manifest, inventory: { ...manifest.inventory, tenants: TENANTS } });
      return { value: schema.parse(JSON.parse(text)) as never, etag: `"${key}"` };
    },
  };

  async versions(prefix: string) {
    this.lists.push(prefix);
    const facts = { versionId: 'v', size: 5, storageClass: 'STANDARD', hiddenAt: null };
    const stored = [...this.#times.values()].map((storedAt) => ({ at: storedAt, ...facts, storedAt }));
    const all = stored.map(({ at, ...rest }) => ({ key: keysOf('m1', snapshotIdAt(at)).archive, ...rest }));
    return all.filter(({ key }) => key.startsWith(prefix));
  }
}

/** Bytes of the heap that are in use once the garbage is gone. */
export function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
