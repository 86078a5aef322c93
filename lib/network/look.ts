import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { seconds } from '../base/durations.ts';
import type { Network } from './network.ts';
import { sdkAgents } from './sdk-agents.ts';

/** A look explains a failure that is there already: nobody waits long for it. */
const PATIENCE_MS = seconds(5);

const addressOf = (url: URL) => ({
  hostname: url.hostname.replace(/^\[(.+)\]$/, '$1'),
  port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
});

/**
 * The certificate that a server shows, whether or not it is trusted; undefined: it shows none. The connection ends with
 * its handshake: not a byte of a request is sent, so nothing is at stake when the certificate is a stranger's.
 */
export async function shownCertificate(
  address: string,
  network: Network,
): Promise<DetailedPeerCertificate | undefined> {
  const { httpsAgent } = sdkAgents(network);
  try {
    return await new Promise((resolve) => {
      const options = { ...addressOf(new URL(address)), method: 'HEAD', agent: httpsAgent ?? false };
      const asked = httpsRequest({ ...options, rejectUnauthorized: false, timeout: PATIENCE_MS });
      const end = (certificate?: DetailedPeerCertificate) => {
        resolve(certificate);
        asked.destroy();
      };
      asked.on('socket', (socket) =>
        socket.once('secureConnect', () => end((socket as TLSSocket).getPeerCertificate(true))),
      );
      asked.on('timeout', () => end());
      asked.on('error', () => end());
    });
  } finally {
    httpsAgent?.destroy();
  }
}

/** Whether there is an answer to HTTP without TLS at this address. */
export async function speaksPlainHttp(address: string, network: Network): Promise<boolean> {
  const { httpAgent } = sdkAgents(network);
  try {
    return await new Promise((resolve) => {
      const options = { ...addressOf(new URL(address)), method: 'HEAD', agent: httpAgent ?? false };
      const asked = httpRequest({ ...options, timeout: PATIENCE_MS });
      const end = (is: boolean) => {
        resolve(is);
        asked.destroy();
      };
      asked.on('response', () => end(true));
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
