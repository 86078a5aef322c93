import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { defined } from '../base/defined.ts';
import { seconds } from '../base/durations.ts';
import type { Network } from './network.ts';
import { proxyFor } from './proxies.ts';
import { sdkAgents } from './sdk-agents.ts';

/** A look explains a failure that is there already: nobody waits long for it. */
const PATIENCE_MS = seconds(5);

const addressOf = (url: URL) => ({
  hostname: url.hostname.replace(/^\[(.+)\]$/, '$1'),
  port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
});

export interface SeenCertificate {
  readonly certificate: DetailedPeerCertificate;
  /** Why it is not trusted, as a code of OpenSSL or of Node; undefined: it is. */
  readonly code: string | undefined;
}

/**
 * The certificate that a server shows, and whether it is trusted by `ca` (default: the CAs that Node trusts); undefined: it
 * shows none. The connection ends with its handshake: not a byte of a request is sent, so nothing is at stake when the
 * certificate is a stranger's.
 */
export async function seenCertificate(
  address: string,
  network: Network,
  ca?: string,
): Promise<SeenCertificate | undefined> {
  const { httpsAgent } = sdkAgents(network);
  try {
    return await new Promise((resolve) => {
      const options = { ...addressOf(new URL(address)), method: 'HEAD', agent: httpsAgent ?? false };
      const trusting = { rejectUnauthorized: false, timeout: PATIENCE_MS, ...defined({ ca }) };
      const asked = httpsRequest({ ...options, ...trusting });
      const end = (seen?: SeenCertificate) => {
        resolve(seen);
        asked.destroy();
      };
      asked.on('socket', (socket) =>
        socket.once('secureConnect', () => {
          const { authorized, authorizationError } = socket as TLSSocket;
          const certificate = (socket as TLSSocket).getPeerCertificate(true);
          end({ certificate, code: authorized ? undefined : String(authorizationError) });
        }),
      );
      // A proxy that does not tunnel answers in place of the server, on a socket that never has a handshake.
      asked.on('response', () => end());
      asked.on('close', () => end());
      asked.on('timeout', () => end());
      asked.on('error', () => end());
    });
  } finally {
    httpsAgent?.destroy();
  }
}

/** The same, whether or not it is trusted. */
export const shownCertificate = async (
  address: string,
  network: Network,
): Promise<DetailedPeerCertificate | undefined> => (await seenCertificate(address, network))?.certificate;

/** What no proxy answers by itself: those refuse, redirect to their own pages, and do not reach or find a host. */
const OF_THE_SERVER = /^(2\d\d|401|405)$/;

/** Whether there is an answer to HTTP without TLS at this address. */
async function speaksPlainHttp(address: string, network: Network): Promise<boolean> {
  const { httpAgent } = sdkAgents(network);
  const isProxied = proxyFor(address, network.proxies) !== undefined;
  try {
    return await new Promise((resolve) => {
      const options = { ...addressOf(new URL(address)), method: 'HEAD', agent: httpAgent ?? false };
      const asked = httpRequest({ ...options, timeout: PATIENCE_MS });
      const end = (is: boolean) => {
        resolve(is);
        asked.destroy();
      };
      asked.on('response', ({ statusCode }) => end(!isProxied || OF_THE_SERVER.test(String(statusCode))));
      asked.on('timeout', () => end(false));
      asked.on('error', () => end(false));
      asked.end();
    });
  } finally {
    httpAgent?.destroy();
  }
}

/** `https://h:1` → `http://h:1` */
export const otherScheme = (address: string): string =>
  address.startsWith('https:') ? address.replace(/^https/, 'http') : address.replace(/^http/, 'https');

/** The connection ended before there was any answer: perhaps because the other side waits for TLS, or for none. */
const BROKEN = /^(ECONNRESET|EPIPE|ECONNABORTED|EPROTO|UND_ERR_SOCKET|ERR_SSL_\w+|HPE_\w+)$/;

/**
 * A sentence about an address with the wrong scheme, which completes "Manager m1 at https://… ", or undefined. Asked after
 * a failure with `code`.
 */
export async function wrongScheme(address: string, code: string, network: Network): Promise<string | undefined> {
  if (!BROKEN.test(code)) return undefined;
  const other = otherScheme(address);
  if (address.startsWith('https:')) {
    if (await speaksPlainHttp(other, network)) return `speaks plain HTTP: use ${other}`;
    return undefined;
  }
  return (await shownCertificate(other, network)) ? `speaks TLS: use ${other}` : undefined;
}
