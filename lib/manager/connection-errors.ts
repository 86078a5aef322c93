import {
  CertificateUntrusted,
  Interrupted,
  InvalidConfiguration,
  InvalidSecret,
  ManagerUnavailable,
  OffsiteError,
  UnexpectedReply,
} from '../base/errors.ts';
import { certificateFault, isCertificateCode } from '../network/certificate-fault.ts';
import { refusedByProxy } from '../network/dispatcher.ts';
import { wrongScheme } from '../network/look.ts';
import type { Network } from '../network/network.ts';
import { loginRefused, proxyFor, shownProxy, throughProxy } from '../network/proxies.ts';

/**
 * The answer is no TLS at all. Other codes of OpenSSL are alerts, as of a web server that is just being restarted with
 * new certificates: they pass.
 */
const NO_TLS_CODES =
  /^EPROTO$|^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|RECORD_LAYER_FAILURE)$/;

const NOBODY_CODES = new Set(['ECONNREFUSED', 'ENOTFOUND']);

/** A `ManagerUnavailable`, also by its name, before which not a byte was sent: nothing can have been done. */
export class NotConnected extends ManagerUnavailable {}

/** A `NotConnected`, also by its name: there is no such host, or nobody listens on the port. Mostly it is mistyped. */
export class NobodyThere extends NotConnected {}

/** One node, and how it is reached. */
export interface Route {
  readonly manager: string;
  readonly node: string;
  readonly signal: AbortSignal;
  readonly network: Network;
  /** Whether this node has answered before: then its address is right. */
  readonly hasAnswered: boolean;
}

export const WHERE_CA_GOES = 'into the field "ca" of its secret (--ca-file on the command line)';

/**
 * As `connectionError`, and finds out what is wrong with an address that has never answered: which certificate is shown,
 * and whether another scheme is spoken there.
 */
export async function explainedError(error: unknown, route: Route): Promise<OffsiteError> {
  const { manager, node, signal, network, hasAnswered } = route;
  if (error instanceof OffsiteError || signal.aborted) return connectionError(error, manager, node, signal);
  const at = `Manager ${manager} at ${node}`;
  const refusal = ofProxy(error, node, network);
  if (refusal) return refusal;
  const code = codeOf(error);
  if (isCertificateCode(code)) {
    const fault = await certificateFault({ code, address: node }, { whereCaGoes: WHERE_CA_GOES }, network);
    return new CertificateUntrusted(`${at} ${fault}`);
  }
  const scheme = hasAnswered ? undefined : await wrongScheme(node, code, network);
  if (scheme && NO_TLS_CODES.test(code)) return new InvalidSecret(`${at} ${scheme}.`);
  if (scheme) return new UnexpectedReply(`${at} broke the connection (${code}): it ${scheme}.`);
  return connectionError(error, manager, `${node}${throughProxy(node, network.proxies)}`, signal);
}

/** What the proxy said, which is about its own user or its own rules. */
function ofProxy(error: unknown, node: string, { proxies }: Network): OffsiteError | undefined {
  const status = refusedByProxy(error);
  const proxy = proxyFor(node, proxies);
  if (status === undefined || proxy === undefined) return undefined;
  const at = `The proxy ${shownProxy(proxy)}`;
  if (status === 407) return new InvalidConfiguration(loginRefused(proxy));
  if (status >= 500 || status === 429)
    return new NotConnected(`${at} does not reach ${node} just now (HTTP ${status}).`);
  return new InvalidConfiguration(
    `${at} refuses the connection to ${node} (HTTP ${status}). Let its administrator allow this address, or list the host in NO_PROXY.`,
  );
}

/** Turns whatever a socket threw into one of our errors, with a sentence for the person who is paged. */
export function connectionError(error: unknown, manager: string, node: string, signal: AbortSignal): OffsiteError {
  if (error instanceof OffsiteError) return error;
  if (signal.aborted) return new Interrupted(`Stopped while talking to manager ${manager}.`);
  const code = codeOf(error);
  const at = `Manager ${manager} at ${node}`;
  if (isCertificateCode(code)) {
    return new CertificateUntrusted(
      `${at} shows a certificate that is not trusted (${code}). Put the PEM of the CA that signed it into the field "ca" of its secret (--ca-file on the command line), and use the host name that is in the certificate.`,
    );
  }
  if (NO_TLS_CODES.test(code)) {
    return new InvalidSecret(
      `${at} does not speak TLS on this port (${code}). Use http:// or the port of its TLS listener.`,
    );
  }
  // Before anything is sent: a line break or a letter beyond Latin-1 in what goes into a header.
  if (code === 'UND_ERR_INVALID_ARG') {
    return new InvalidSecret(
      `${at} cannot be asked: the token, the password or the tenant that is configured for it holds something that no HTTP header can carry.`,
    );
  }
  const message = `${at} ${explain(code, error)}.`;
  if (!failedToConnect(error)) return new ManagerUnavailable(message);
  return NOBODY_CODES.has(code) ? new NobodyThere(message) : new NotConnected(message);
}

/** undici wraps what the socket said; the first code on the way down is the telling one. */
export function codeOf(error: unknown): string {
  for (let e = error; e instanceof Error; e = (e as { cause?: unknown }).cause) {
    const code = (e as { code?: unknown }).code;
    if (typeof code === 'string') return code;
    if (e.name === 'TimeoutError') return 'TIMEOUT';
    if (e instanceof AggregateError && e.errors.length > 0) return codeOf(e.errors[0]);
  }
  return '';
}

/** Asked of the system call and not of the code: an `EHOSTUNREACH` may also end a connection that was up. */
function failedToConnect(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = (e as { cause?: unknown }).cause) {
    const { syscall, code } = e as { syscall?: unknown; code?: unknown };
    if (syscall === 'connect' || syscall === 'getaddrinfo' || code === 'UND_ERR_CONNECT_TIMEOUT') return true;
    if (e instanceof AggregateError && e.errors.length > 0) return failedToConnect(e.errors[0]);
  }
  return false;
}

function explain(code: string, error: unknown): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refuses connections: check that the manager is running and that the port is correct';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'cannot be found: the host name does not resolve from here';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return `cannot be reached (${code}): is there a route and an open firewall from here`;
    case 'EMFILE':
    case 'ENFILE':
      return `cannot be asked (${code}): this process may not open more files: raise the limit (ulimit -n) to 256 or more`;
    case 'TOO_SLOW':
      return 'answered too slowly to wait for the end';
    case 'TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return 'accepted the connection but did not answer in time';
    default:
      return `broke the connection (${code || (error instanceof Error ? error.name : 'unknown')})`;
  }
}
