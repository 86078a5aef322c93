import type { Dispatcher } from 'undici';
import { minutes } from '../base/durations.ts';
import { InvalidSecret } from '../base/errors.ts';
import type { Redactor } from '../base/redact.ts';
import type { Settings } from '../base/settings.ts';
import { direct, type Network } from '../network/network.ts';
import { redactProxies } from '../network/proxies.ts';
import { agentThrough, type newAgent, type Traffic } from './agent.ts';
import { ArchiveReader } from './archive-reader.ts';
import { ManagerClient } from './client.ts';
import { type HttpUse, ManagerHttp } from './http.ts';
import { type ManagerSecret, parseSecret, type SecretSource } from './secret.ts';

/** A warm function keeps a secret this long; rotated sooner, the first 401 reads it again (complaint 58). */
const SECRET_AGE_MS = minutes(5);

/** Credentials other than the manager's current ones. */
export interface Access {
  /** Name of the secret, without the installation's prefix. */
  readonly secret: string;
  readonly version: 'current' | 'previous';
  readonly tenant?: string | undefined;
}

const forTenant = (secret: ManagerSecret, tenant: string | undefined): ManagerSecret =>
  tenant === undefined ? secret : { ...secret, tenant };

/** Another login than that of the manager's own secret: whose it is, and who may have signed the certificate then. */
interface Login {
  readonly cas?: readonly (string | undefined)[];
  readonly of?: string;
}

type Compared = Pick<ManagerSecret, 'username' | 'password' | 'token' | 'ca'>;
const sameLogin = (a: Compared, b: Compared) =>
  a.username === b.username && a.password === b.password && a.token === b.token && a.ca === b.ca;

export interface ManagersUse {
  readonly settings: Settings;
  readonly redactor: Redactor;
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** Whether the credentials of another secret may be sent to a manager; default: never (lib/config/restore-authority.ts). */
  readonly maySend?: (manager: string, secret: string) => boolean;
  /** Makes the connections to one node; default: over the network. */
  readonly connect?: typeof newAgent;
  /** Proxies; default: none. */
  readonly network?: Network;
}

/** All managers of this installation: reads their secrets, keeps their connections. */
export class Managers {
  readonly #source: SecretSource;
  readonly #use: ManagersUse;
  #remainingMs: (() => number) | undefined;
  #agents = new Map<string, Dispatcher>();
  #answered = new Set<string>();
  #secrets = new Map<string, { text: string; readAt: number }>();

  constructor(source: SecretSource, use: ManagersUse) {
    this.#source = source;
    this.#use = use;
    redactProxies((use.network ?? direct).proxies, use.redactor);
  }

  /** The same managers, of which no call lasts beyond what is left (in milliseconds): a function has minutes for a step. */
  within(remainingMs: () => number): Managers {
    const within = new Managers(this.#source, this.#use);
    within.#agents = this.#agents;
    within.#answered = this.#answered;
    within.#secrets = this.#secrets;
    within.#remainingMs = remainingMs;
    return within;
  }

  /** Every node of the manager, each by itself. Throws `InvalidSecret`. */
  async nodes(manager: string): Promise<ManagerHttp[]> {
    const secret = await this.#secret(manager);
    return secret.endpoints.map((node) => this.#http(manager, node, secret));
  }

  /** The manager, on `node` first, for the tenant of its secret unless told. Throws `InvalidSecret`. */
  async open(manager: string, node?: string, tenant?: string): Promise<ManagerClient> {
    const before = await this.#secret(manager);
    return new ManagerClient(this.#ordered(manager, forTenant(before, tenant), node), async () => {
      const fresh = await this.#changed(manager, before);
      return fresh && this.#ordered(manager, forTenant(fresh, tenant), node);
    });
  }

  /**
   * The manager with credentials that its own secret does not hold: a restore brings back those of the archive, and its
   * certificates only where that was asked for, so that the CA may be of either secret. Undefined: there is no such secret,
   * it is no good, or the configuration does not let it be sent to this manager: then it is not even read. Nothing is read
   * again: what is rejected is rejected.
   */
  async openAs(manager: string, node: string, access: Access): Promise<ManagerClient | undefined> {
    if (access.secret !== manager && !this.#use.maySend?.(manager, access.secret)) return undefined;
    const own = await this.#secret(manager);
    try {
      const text = await this.#source.read(access.secret, access.version);
      const { endpoints: _, ...theirs } = parseSecret(access.secret, text, this.#use.redactor);
      // Another try of what was rejected a moment ago is only one more bad login.
      if (sameLogin(theirs, own)) return undefined;
      const secret = forTenant({ ...theirs, endpoints: own.endpoints }, access.tenant);
      const cas = [own.ca, theirs.ca];
      return new ManagerClient(this.#ordered(manager, secret, node, { cas, of: access.secret }), async () => undefined);
    } catch (error) {
      if (error instanceof InvalidSecret) return undefined;
      throw error;
    }
  }

  /** Throws `InvalidSecret` where `openAs` would say that there is nothing to use. */
  async checkSecret({ secret, version }: Access): Promise<void> {
    parseSecret(secret, await this.#source.read(secret, version), this.#use.redactor);
  }

  /** Whether drills may overwrite this manager. Throws `InvalidSecret`. */
  async isDrillTarget(manager: string): Promise<boolean> {
    return (await this.#secret(manager)).drillTarget === true;
  }

  /** The archive of a snapshot, on this node only: nodes may hold different files under one id (contract.md §2.6). */
  async archive(manager: string, node: string, snapshot: string, tenant?: string): Promise<ArchiveReader> {
    const before = await this.#secret(manager);
    return new ArchiveReader(this.#http(manager, node, forTenant(before, tenant)), snapshot, async () => {
      const fresh = await this.#changed(manager, before);
      return fresh && this.#http(manager, node, forTenant(fresh, tenant));
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

  #ordered(manager: string, secret: ManagerSecret, first: string | undefined, login: Login = {}): ManagerHttp[] {
    const others = secret.endpoints.filter((node) => node !== first);
    // A node that left the secret since it was pinned is not asked any more.
    const nodes = first !== undefined && secret.endpoints.includes(first) ? [first, ...others] : others;
    return nodes.map((node) => this.#http(manager, node, secret, login));
  }

  #http(
    manager: string,
    node: string,
    secret: ManagerSecret,
    { cas = [secret.ca], of = manager }: Login = {},
  ): ManagerHttp {
    const agent: HttpUse['agent'] = (n, ca, use) => this.#agent(n, ca, use);
    const { network = direct } = this.#use;
    const answered = this.#answered;
    const remainingMs = this.#remainingMs;
    const loginFrom = this.#source.from?.(of);
    return new ManagerHttp(manager, node, secret, {
      ...{ ...this.#use, agent, cas, network, answered, remainingMs, loginFrom },
    });
  }

  #agent(node: string, ca: string | undefined, use: Traffic): Dispatcher {
    const key = `${use} ${node} ${ca ?? ''}`;
    const { connect, network = direct } = this.#use;
    const agent = this.#agents.get(key) ?? (connect ? connect(ca, use) : agentThrough(network, node, ca, use));
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
