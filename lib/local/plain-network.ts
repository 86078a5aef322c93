import { defined } from '../base/defined.ts';
import type { Network } from '../network/network.ts';
import type { HttpProxy } from '../network/proxies.ts';

type PlainProxy = Omit<HttpProxy, 'url'> & { readonly url: string };

/** A network as another thread can be told: no thread takes a `URL`. */
export interface PlainNetwork {
  readonly noProxy: string;
  readonly http: PlainProxy | undefined;
  readonly https: PlainProxy | undefined;
  readonly storeCa: string | undefined;
}

const plain = (proxy: HttpProxy | undefined): PlainProxy | undefined => proxy && { ...proxy, url: proxy.url.href };
const usable = (proxy: PlainProxy | undefined): HttpProxy | undefined => proxy && { ...proxy, url: new URL(proxy.url) };

export function plainNetwork({ proxies: { noProxy, http, https }, storeCa }: Network): PlainNetwork {
  return { noProxy, http: plain(http), https: plain(https), storeCa };
}

export function usableNetwork({ noProxy, storeCa, ...proxies }: PlainNetwork): Network {
  const [http, https] = [usable(proxies.http), usable(proxies.https)];
  return { proxies: { noProxy, ...defined({ http, https }) }, ...defined({ storeCa }) };
}
