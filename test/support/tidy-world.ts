import { defaultRules } from '../../lib/config/manager-rules.ts';
import type { Deps } from '../../lib/deps.ts';
import { localDeps } from '../../lib/local/deps.ts';
import { handlersOf } from '../../lib/local/handlers.ts';
import { requestRestore } from '../../lib/manager/restoring.ts';
import { type RestoreInput, restoreOf } from '../../lib/restore/input.ts';
import { claimTarget, ownsClaim } from '../../lib/restore/target/claim.ts';
import type { Inventory } from '../../lib/snapshot/inventory.ts';
import { type ArchiveOptions, makeArchive } from '../../simulator/archive/make-archive.ts';
import { hashPassword } from '../../simulator/manager/password.ts';
import type { ExecutionRow } from '../../simulator/manager/rows.ts';
import type { ManagerState } from '../../simulator/manager/state.ts';
import { execution, partsOf } from './restore-parts.ts';
import { World, type WorldOptions } from './world.ts';

export const input: RestoreInput = { manager: 'm1', sourceManager: 'm0' };
const ref = restoreOf(input, execution);
/** The upload of the restore that is tidied up after. */
export const { snapshot } = ref;

const SOURCE_PASSWORD = 'password-of-the-source';
const identity = { salt: 'salt', adminName: 'admin', adminHash: hashPassword('salt', SOURCE_PASSWORD) };

/** A manager that one execution has claimed, with its upload there. m0, whose archive it is, has a secret too. */
export class TidyWorld {
  readonly world: World;
  readonly deps: Deps & { close(): Promise<void> };
  readonly #version: string;

  private constructor(world: World, version: string) {
    this.world = world;
    this.#version = version;
    const m0 = { endpoints: [...world.manager.urls], username: 'admin', password: SOURCE_PASSWORD };
    const rulesOf = () => ({ ...defaultRules, restoreFrom: ['m0'] });
    this.deps = localDeps({ ...world.parts(new AbortController().signal), otherSecrets: { m0 }, rulesOf });
  }

  static async start(options: WorldOptions['manager'] = {}, more: Partial<WorldOptions> = {}): Promise<TidyWorld> {
    const version = options.version ?? '6.4.1';
    const world = await World.start({ manager: { holds: 'nothing', version, ...options }, ...more });
    const tidy = new TidyWorld(world, version);
    await claimTarget(ref, execution.id, tidy.deps);
    tidy.state.addSnapshot(snapshot, 'uploaded');
    return tidy;
  }

  get state(): ManagerState {
    return this.world.manager.state;
  }

  get uploads(): string[] {
    return this.state.snapshots.map(({ id }) => id);
  }

  get totals(): Inventory['totals'] {
    return this.state.content.inventory().totals;
  }

  async owns(): Promise<boolean> {
    return await ownsClaim(ref, execution.id, this.deps);
  }

  /** What the machine has gathered; the restore itself is the execution `id`. */
  gathered(id?: string): Record<string, unknown> {
    const { verification: _, restoring, ...parts } = partsOf(input, execution, this.#version);
    const requestedAt = this.world.clock.now().toISOString();
    return { ...parts, ...(id === undefined ? {} : { restoring: { ...restoring, executionId: id, requestedAt } }) };
  }

  /** The notes of the step, one a line. */
  async tidy(state: unknown = this.gathered(), more: Record<string, unknown> = {}): Promise<string> {
    const event = { input, execution, state, ...more };
    const { notes } = (await handlersOf(this.deps).TidyTarget(event)) as { notes: string[] };
    return notes.join('\n');
  }

  /** Puts an execution there that restores our upload. */
  execute(status: string, id = 'mine'): ExecutionRow {
    const parameters = { snapshot_id: snapshot };
    return this.state.addExecution({ id, workflowId: 'restore_snapshot', status, isSystem: true, parameters });
  }

  /** Asks for the restore of a whole archive and lets it end. Gives the execution's id. */
  async restore(format: 'legacy' | 'new', options: ArchiveOptions = {}): Promise<string> {
    const inventory = { tenants: 2, users: 3 };
    const version = this.#version;
    const archive = makeArchive({ sizeBytes: 60_000, identity, inventory, format, version, ...options });
    this.state.writeFile(snapshot, archive, 0);
    const client = await this.deps.managers.open('m1');
    const flags = { force: true, recreate_deployments_envs: true, restore_certificates: false, no_reboot: false };
    const asked = await requestRestore(client, snapshot, flags, 5000);
    if (asked === 'refused' || asked === 'gone') throw new Error('The manager refused the restore.');
    this.world.clock.advance(600);
    return asked.executionId;
  }

  async stop(): Promise<void> {
    await this.deps.close();
    await this.world.stop();
  }
}
