import type { Agent } from 'undici';
import type { Redactor } from '../redact.ts';
import type { Settings } from '../settings.ts';
import { ArchiveReader } from './archive-reader.ts';
import { ManagerClient } from './client.ts';
import { ManagerHttp, newAgent } from './http.ts';
import { type ManagerSecret, parseSecret, type SecretSource } from './secret.ts';

/** A warm function keeps a secret this long; rotated sooner, the first 401 reads it again (complaint 58). */
const SECRET_AGE_MS = 5 * 60_000;

/** All managers of this installation: reads their secrets, keeps their connections. */
export class Managers {
  readonly #source: SecretSource;
  readonly #use: { settings: Settings; redactor: Redactor; signal: AbortSignal; now: () => Date };
  readonly #agents = new Map<string, Agent>();
  readonly #secrets = new Map<string, { text: string; readAt: number }>();

  constructor(
    source: SecretSource,
    use: { settings: Settings; redactor: Redactor; signal: AbortSignal; now: () => Date },
  ) {
    this.#source = source;
    this.#use = use;
  }

  /** Every node of the manager, each by itself. Throws `InvalidSecret`. */
  async nodes(manager: string): Promise<ManagerHttp[]> {
    const secret = await this.#secret(manager);
    return secret.endpoints.map((node) => this.#http(manager, node, secret));
  }

  /** The manager, on `node` first. Throws `InvalidSecret`. */
  async open(manager: string, node?: string): Promise<ManagerClient> {
    const before = await this.#secret(manager);
    return new ManagerClient(this.#ordered(manager, before, node), async () => {
      const fresh = await this.#changed(manager, before);
      return fresh && this.#ordered(manager, fresh, node);
    });
  }

  /** The archive of a snapshot, on this node only: nodes may hold different files under one id (contract.md §2.6). */
  async archive(manager: string, node: string, snapshot: string): Promise<ArchiveReader> {
    const before = await this.#secret(manager);
    return new ArchiveReader(this.#http(manager, node, before), snapshot, async () => {
      const fresh = await this.#changed(manager, before);
      return fresh && this.#http(manager, node, fresh);
    });
  }

  /** Forgets what it knows of the secret, so that the next use reads it afresh. */
  forget(manager: string): void {
    this.#secrets.delete(manager);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
    this.#agents.clear();
  }

  #ordered(manager: string, secret: ManagerSecret, first: string | undefined): ManagerHttp[] {
    const others = secret.endpoints.filter((node) => node !== first);
    // A node that left the secret since it was pinned is not asked any more.
    const nodes = first !== undefined && secret.endpoints.includes(first) ? [first, ...others] : others;
    return nodes.map((node) => this.#http(manager, node, secret));
  }

  #http(manager: string, node: string, secret: ManagerSecret): ManagerHttp {
    return new ManagerHttp(manager, node, secret, { ...this.#use, agent: (n, ca) => this.#agent(n, ca) });
  }

  #agent(node: string, ca: string | undefined): Agent {
    const key = `${node} ${ca ?? ''}`;
    const agent = this.#agents.get(key) ?? newAgent(ca);
    this.#agents.set(key, agent);
    return agent;
  }

  /** The secret as it is now, if that is not what it was before. */
  async #changed(manager: string, before: ManagerSecret): Promise<ManagerSecret | undefined> {
    const fresh = await this.#secret(manager, 0);
    return JSON.stringify(fresh) === JSON.stringify(before) ? undefined : fresh;
  }

  async #secret(manager: string, maxAgeMs = SECRET_AGE_MS): Promise<ManagerSecret> {
    const now = this.#use.now().getTime();
    let held = this.#secrets.get(manager);
    if (!held || now - held.readAt >= maxAgeMs) {
      held = { text: await this.#source.read(manager), readAt: now };
      this.#secrets.set(manager, held);
    }
    return parseSecret(manager, held.text, this.#use.redactor);
  }
}
