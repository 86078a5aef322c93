import type { S3Client } from '@aws-sdk/client-s3';
import { CertificateUntrusted, InvalidConfiguration, type OffsiteError } from '../base/errors.ts';
import { certificateFault, isCertificateCode } from '../network/certificate-fault.ts';
import { wrongScheme } from '../network/look.ts';
import { direct, type Network } from '../network/network.ts';
import { loginRefused, proxyFor } from '../network/proxies.ts';

interface Route {
  readonly network: Network;
  /** Whether the store has answered: then its address is right. */
  hasAnswered: boolean;
}

/** How each client reaches its store. */
const routes = new WeakMap<S3Client, Route>();

export function remember(s3: S3Client, network: Network): void {
  routes.set(s3, { network, hasAnswered: false });
}

/** How a client of ours reaches its store. */
export const networkTo = (s3: S3Client): Network => routes.get(s3)?.network ?? direct;

export function hasAnswered(s3: S3Client): void {
  const route = routes.get(s3);
  if (route) route.hasAnswered = true;
}

const WHERE_CA_GOES = 'into a file and name it with --s3-ca-file, or AWS_CA_BUNDLE';

interface Thrown {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/**
 * What is wrong with the address of a store: its certificate, its scheme, a redirect to another one, or the proxy on the
 * way. Undefined: none of that. Nothing of it passes, so nothing of it is tried again.
 */
export async function addressFault(error: unknown, s3: S3Client, doing: string): Promise<OffsiteError | undefined> {
  const { network, hasAnswered: isKnown } = routes.get(s3) ?? { network: direct, hasAnswered: true };
  const { code, $metadata, $response } = (error ?? {}) as Thrown;
  const status = $metadata?.httpStatusCode;
  const address = await addressOf(s3);
  const at = `The store at ${address}`;
  const proxy = proxyFor(address, network.proxies);
  if (status === 407 && proxy) {
    return new InvalidConfiguration(loginRefused(proxy));
  }
  if (typeof code === 'string' && isCertificateCode(code)) {
    const fault = await certificateFault({ code, address }, { whereCaGoes: WHERE_CA_GOES }, network);
    return new CertificateUntrusted(`${at} ${fault} Nothing was done: it could not ${doing}.`);
  }
  const target = redirectOf(status, $response?.headers, address);
  if (target) return new InvalidConfiguration(`${at} redirects to ${target}: use that address (--s3-endpoint).`);
  if (isKnown) return undefined;
  const ended = status === 400 && address.startsWith('http:') ? 'ECONNRESET' : String(code);
  const scheme = await wrongScheme(address, ended, network);
  return scheme ? new InvalidConfiguration(`${at} ${scheme} (--s3-endpoint).`) : undefined;
}

async function addressOf({ config }: S3Client): Promise<string> {
  const endpoint = await config.endpoint?.();
  if (!endpoint) return `https://s3.${await config.region()}.amazonaws.com`;
  const { protocol, hostname, port } = endpoint;
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`;
}

/** S3 itself redirects between regions, and says so in a header of its own. */
function redirectOf(
  status: number | undefined,
  headers: Readonly<Record<string, string>> = {},
  address: string,
): string | undefined {
  if (status === undefined || status < 300 || status > 399 || headers['x-amz-bucket-region']) return undefined;
  const target = URL.parse(headers['location'] ?? '');
  return target && /^https?:$/.test(target.protocol) && target.origin !== new URL(address).origin
    ? target.origin
    : undefined;
}
