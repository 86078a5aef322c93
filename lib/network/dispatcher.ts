import { type buildConnector, type Dispatcher, ProxyAgent } from 'undici';
import type { Network } from './network.ts';
import { proxyFor } from './proxies.ts';

/** What reaches `origin` through its proxy, with this TLS to the origin itself; undefined: no proxy is for it. */
export function proxied(
  origin: string,
  tls: buildConnector.BuildOptions,
  { proxies }: Network,
  timeouts: Pick<ProxyAgent.Options, 'headersTimeout' | 'bodyTimeout'> = {},
): Dispatcher | undefined {
  const proxy = proxyFor(origin, proxies);
  if (proxy === undefined) return undefined;
  const { timeout, ...requestTls } = tls;
  return new ProxyAgent({
    uri: proxy.url.href,
    requestTls,
    allowH2: false,
    pipelining: 1,
    ...timeouts,
    ...(typeof timeout === 'number' ? { connectTimeout: timeout } : {}),
  });
}

/** The status with which a proxy refused a tunnel or a request; undefined: it was no refusal of a proxy. */
export function refusedByProxy(error: unknown): number | undefined {
  for (let e = error; e instanceof Error; e = (e as { cause?: unknown }).cause) {
    const [, tunnel, request] =
      /^Proxy (?:response \((\d{3})\)|Authentication Required \((\d{3})\))/.exec(e.message) ?? [];
    if (tunnel ?? request) return Number(tunnel ?? request);
  }
  return undefined;
}
