import { CertificateUntrusted, Interrupted, InvalidSecret, ManagerUnavailable, OffsiteError } from '../errors.ts';

/** OpenSSL's and Node's codes for "I do not trust this certificate" (Node.js TLS documentation, X509 certificate errors). */
const CERTIFICATE_CODES = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** Turns whatever a socket threw into one of our errors, with a sentence for the person who is paged. */
export function connectionError(error: unknown, manager: string, node: string, signal: AbortSignal): OffsiteError {
  if (error instanceof OffsiteError) return error;
  if (signal.aborted) return new Interrupted(`Stopped while talking to manager ${manager}.`);
  const code = codeOf(error);
  const at = `Manager ${manager} at ${node}`;
  if (CERTIFICATE_CODES.has(code)) {
    return new CertificateUntrusted(
      `${at} shows a certificate that is not trusted (${code}). Put the PEM of the CA that signed it into the field "ca" of its secret (--ca-file on the command line), and use the host name that is in the certificate.`,
    );
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return new InvalidSecret(
      `${at} does not speak TLS on this port (${code}). Use http:// or the port of its TLS listener.`,
    );
  }
  return new ManagerUnavailable(`${at} ${explain(code, error)}.`);
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

function explain(code: string, error: unknown): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refuses connections: is the manager running, and is the port right';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'cannot be found: the host name does not resolve from here';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return `cannot be reached (${code}): is there a route and an open firewall from here`;
    case 'TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return 'accepted the connection but did not answer in time';
    default:
      return `broke the connection (${code || (error instanceof Error ? error.name : 'unknown')})`;
  }
}
