import { type ClientRequest, Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { Agent, type AgentConnectOpts } from 'agent-base';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import type { Network } from './network.ts';
import { PiecewiseAgent } from './piecewise-agent.ts';
import { type HttpProxy, proxyFor } from './proxies.ts';

/** As the SDK's own agents: connections are kept, 50 at most to one host. */
const KEPT = { keepAlive: true, maxSockets: 50 };

/** Asks for each connection whether it goes through a proxy. */
class ChoosingAgent extends Agent {
  readonly #network: Network;
  readonly #isSecure: boolean;
  readonly #inner = new Map<string, HttpAgent>();

  constructor(network: Network, isSecure: boolean) {
    // Connections are kept by the agents inside; of this one requests learn that they may be.
    super({ keepAlive: true, ...(isSecure && network.storeCa !== undefined ? { ca: network.storeCa } : {}) } as object);
    this.#network = network;
    this.#isSecure = isSecure;
  }

  override isSecureEndpoint(): boolean {
    return this.#isSecure;
  }

  override async connect(_: ClientRequest, { host, port }: AgentConnectOpts): Promise<HttpAgent> {
    const name = host?.includes(':') ? `[${host}]` : (host ?? 'localhost');
    const proxy = proxyFor(`http${this.#isSecure ? 's' : ''}://${name}:${port}`, this.#network.proxies);
    const key = proxy?.url.href ?? '';
    const agent = this.#inner.get(key) ?? this.#make(proxy);
    this.#inner.set(key, agent);
    return agent;
  }

  override destroy(): void {
    for (const agent of this.#inner.values()) agent.destroy();
    super.destroy();
  }

  #make(proxy: HttpProxy | undefined): HttpAgent {
    if (proxy === undefined) return this.#isSecure ? new PiecewiseAgent(KEPT) : new HttpAgent(KEPT);
    if (!this.#isSecure) return new HttpProxyAgent(proxy.url, KEPT);
    return new HttpsProxyAgent(proxy.url, KEPT);
  }
}

/** What the request handler of a client of the SDK is given. Without proxy and CA only TLS is ours: large bodies go in pieces. */
export function sdkAgents(network: Network): { httpAgent?: HttpAgent; httpsAgent?: HttpsAgent } {
  const { proxies, storeCa } = network;
  if (!proxies.http && !proxies.https && storeCa === undefined) return { httpsAgent: new PiecewiseAgent(KEPT) };
  return {
    httpAgent: new ChoosingAgent(network, false),
    httpsAgent: new ChoosingAgent(network, true) as unknown as HttpsAgent,
  };
}
