import { InvalidConfiguration } from '../base/errors.ts';
import type { Redactor } from '../base/redact.ts';
import { bypasses } from './no-proxy.ts';

/** A proxy, the variable that names it, and the secret that has its login, if it is not in the variable. */
export interface HttpProxy {
  readonly url: URL;
  readonly variable: string;
  readonly secret?: string;
}

/** For messages: where its user and password are to be corrected. */
const loginOf = ({ variable, secret }: HttpProxy): string =>
  secret === undefined ? `${variable}: http://USER:PASSWORD@HOST:PORT` : `the secret ${secret}`;

/** Which proxy is used for which addresses. */
export interface Proxies {
  readonly http?: HttpProxy;
  readonly https?: HttpProxy;
  readonly noProxy: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** As curl does: lower case first, and an empty one is none. */
const read = (variables: Variables, name: string) => {
  const lower = name.toLowerCase();
  const variable = variables[lower] === undefined ? name : lower;
  return { variable, text: (variables[variable] ?? '').trim() };
};

/** HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in capitals or not. Throws `InvalidConfiguration`. */
export function proxiesFrom(variables: Variables): Proxies {
  const all = proxyIn(variables, 'ALL_PROXY');
  const [http, https] = [proxyIn(variables, 'HTTP_PROXY') ?? all, proxyIn(variables, 'HTTPS_PROXY') ?? all];
  return { ...(http && { http }), ...(https && { https }), noProxy: read(variables, 'NO_PROXY').text };
}

function proxyIn(variables: Variables, name: string): HttpProxy | undefined {
  const { variable, text } = read(variables, name);
  if (text === '') return undefined;
  // curl takes `proxy:3128` for http://proxy:3128.
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url?.hostname && /^https?:$/.test(url.protocol)) return { url, variable };
  throw new InvalidConfiguration(
    `${variable}: must be the address of an HTTP proxy, such as http://proxy.example.com:3128${url ? ` (got one that begins with ${url.protocol}//)` : ''}. Other kinds, such as SOCKS, are not supported.`,
  );
}

/** The proxy for an address; undefined: none. */
export function proxyFor(address: string | URL, { http, https, noProxy }: Proxies): HttpProxy | undefined {
  const url = new URL(address);
  const proxy = url.protocol === 'https:' ? https : http;
  return proxy === undefined || bypasses(url, noProxy) ? undefined : proxy;
}

/** What a proxy says of our login with HTTP 407, and what to do. */
export const loginRefused = (proxy: HttpProxy): string =>
  `The proxy ${shownProxy(proxy)} does not accept its user and password (HTTP 407). Correct them in ${loginOf(proxy)}.`;

/** Without its user and password. */
export const shownProxy = ({ url }: HttpProxy): string => url.origin;

/** For sentences: ` through the proxy http://proxy:3128`, or nothing. */
export function throughProxy(address: string, proxies: Proxies): string {
  const proxy = proxyFor(address, proxies);
  return proxy === undefined ? '' : ` (through the proxy ${shownProxy(proxy)})`;
}

/** The user and the password of proxies are to be shown nowhere. */
export function redactProxies({ http, https }: Proxies, redactor: Redactor): void {
  for (const proxy of [http, https]) {
    if (!proxy) continue;
    const [user, password] = [proxy.url.username, proxy.url.password].map(decoded);
    redactor.add(password, proxy.url.password, `${user}:${password}`);
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
