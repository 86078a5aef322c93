import type { HttpTarget, SourceProblem } from './fetch-archive.ts';
import type { VersionLine } from './version-line.ts';

/** Text in Python's quotes: single ones, unless the text has such inside. */
const quoted = (text: string): string => (text.includes("'") ? `"${text}"` : `'${text}'`);

/** How often `requests` and `urllib3` say the same thing twice: an exception and the message made of it. */
const broken = (what: string): string => `(${quoted(`Connection broken: ${what}`)}, ${what})`;
const aborted = (what: string): string => `('Connection aborted.', ${what})`;

const RESET = "ConnectionResetError(104, 'Connection reset by peer')";

const ERRNO: Readonly<Record<string, string>> = {
  ECONNREFUSED: '[Errno 111] Connection refused',
  EHOSTUNREACH: '[Errno 113] No route to host',
  ENETUNREACH: '[Errno 101] Network is unreachable',
};

/** A name that does not resolve. A machine without DNS counts as one whose DNS does not know the name. */
const UNRESOLVED: readonly (string | undefined)[] = ['ENOTFOUND', 'EAI_AGAIN'];
const NO_NAME = '[Errno -2] Name or service not known';

const CERTIFICATE_PROBLEMS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'self-signed certificate in certificate chain',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unable to get local issuer certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unable to get local issuer certificate',
  CERT_HAS_EXPIRED: 'certificate has expired',
};

/** The reason behind `Cannot fetch <url>: `, as `requests` and `urllib3` of the line print it (recording 07). */
export function fetchReason(problem: SourceProblem, line: VersionLine): string {
  switch (problem.kind) {
    case 'noHost':
      return `Invalid URL '${problem.url}': No host supplied`;
    case 'noAdapter':
      return noAdapter(problem.url, line);
    case 'unreachable':
      return unreachable(problem.target, problem.error, line);
    case 'redirects':
      return `Exceeded ${problem.limit} redirects.`;
    case 'status': {
      const whose = problem.status < 500 ? 'Client' : 'Server';
      return `${problem.status} ${whose} Error: ${problem.phrase} for url: ${problem.url}`;
    }
    case 'short':
      if (problem.missing !== undefined) return broken(incompleteRead(problem.read, problem.missing));
      return line.hasUrllib3Two
        ? 'Response ended prematurely'
        : broken("InvalidChunkLength(got length b'', 0 bytes read)");
    case 'reset':
      return broken(RESET);
    case 'encoding':
      return `('Received response with content-encoding: ${problem.encoding}, but failed to decode it.', error('Error -3 while decompressing data: incorrect header check'))`;
  }
}

export const incompleteRead = (read: number, missing: number): string =>
  `IncompleteRead(${read} bytes read, ${missing} more expected)`;

function noAdapter(url: string, line: VersionLine): string {
  if (/^[^/?#]*:/.test(url)) return `No connection adapters were found for '${url}'`;
  const scheme = line.isSeven ? 'https' : 'http';
  return `Invalid URL '${url}': No scheme supplied. Perhaps you meant ${scheme}://${url}?`;
}

function unreachable(target: HttpTarget, error: NodeJS.ErrnoException, line: VersionLine): string {
  if (error.code === 'ECONNRESET') {
    // Without a system call it was closed rather than reset.
    const isClosed = error.syscall === undefined;
    return aborted(isClosed ? "RemoteDisconnected('Remote end closed connection without response')" : RESET);
  }
  const { host, port, path, isSecure } = target;
  const kind = isSecure ? 'HTTPS' : 'HTTP';
  const place = `host='${host}', port=${port}`;
  const connection = line.printsHostOfConnection
    ? `${kind}Connection(${place})`
    : `<urllib3.connection.${kind}Connection object at 0x7f5c2e1d4a90>`;
  const cause = causeOf(error, host, connection, line);
  return `${kind}ConnectionPool(${place}): Max retries exceeded with url: ${path} (Caused by ${cause})`;
}

function causeOf(error: NodeJS.ErrnoException, host: string, connection: string, line: VersionLine): string {
  const { code = '' } = error;
  if (code === 'ETIMEDOUT') {
    return `ConnectTimeoutError(${connection}, 'Connection to ${host} timed out. (connect timeout=5)')`;
  }
  if (UNRESOLVED.includes(code) && line.hasUrllib3Two) {
    return `NameResolutionError(${quoted(`${connection}: Failed to resolve '${host}' (${NO_NAME})`)})`;
  }
  const number = UNRESOLVED.includes(code) ? NO_NAME : ERRNO[code];
  if (number !== undefined) {
    return `NewConnectionError(${quoted(`${connection}: Failed to establish a new connection: ${number}`)})`;
  }
  const certificate =
    code === 'ERR_TLS_CERT_ALTNAME_INVALID'
      ? `Hostname mismatch, certificate is not valid for '${host}'.`
      : CERTIFICATE_PROBLEMS[code];
  if (certificate === undefined) return `SSLError(SSLError(1, ${quoted(`[SSL] ${error.message} (_ssl.c:1006)`)}))`;
  const text = `[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: ${certificate} (_ssl.c:1006)`;
  return `SSLError(SSLCertVerificationError(1, ${quoted(text)}))`;
}
