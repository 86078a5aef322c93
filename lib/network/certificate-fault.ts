import type { DetailedPeerCertificate, PeerCertificate } from 'node:tls';
import { shownCertificate } from './look.ts';
import type { Network } from './network.ts';

/** OpenSSL's and Node's codes for "I do not trust this certificate" (Node.js TLS documentation, X509 certificate errors). */
const CERTIFICATE_CODES = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  // Another CA of the same name: every Cloudify Manager's own is called the same.
  'CERT_SIGNATURE_FAILURE',
  'CERT_CHAIN_TOO_LONG',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

export const isCertificateCode = (code: string): boolean => CERTIFICATE_CODES.has(code);

/** What to do, in the words of whoever asks: where the CA is named, and whose certificate it is. */
export interface Mend {
  /** "Put the PEM of the CA … into …" ends so. */
  readonly whereCaGoes: string;
}

/** From the certificate of the server up to the last one that it sent. A root has itself as its issuer. */
export function chainOf(leaf: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain = [leaf];
  for (let next = leaf.issuerCertificate; next && !chain.includes(next); next = next.issuerCertificate) {
    if (next.fingerprint256 === chain.at(-1)?.fingerprint256) break;
    chain.push(next);
  }
  return chain;
}

export const day = (text: string): string => {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? text : time.toISOString().slice(0, 10);
};

/** Names come from a stranger: letters, digits and what names have, and not too many. */
const shown = (text: unknown): string =>
  String(Array.isArray(text) ? text[0] : (text ?? 'without a name'))
    .replace(/[^\w .,*:@/()-]/g, '?')
    .slice(0, 100);

/** `DNS:a.example, IP Address:10.0.0.1` → `a.example and 10.0.0.1`, three at most. */
export function namesOf({ subjectaltname, subject }: PeerCertificate): string {
  const names = (subjectaltname ?? '').split(/,\s*/).flatMap((one) => /^(?:DNS|IP Address):(.+)$/.exec(one)?.[1] ?? []);
  const [first = shown(subject?.CN), ...more] = names.map(shown);
  return more.length > 2 ? `${first}, ${more[0]} and others` : [first, ...more].join(' and ');
}

interface Failed {
  readonly code: string;
  readonly address: string;
}

/**
 * Why a certificate is not trusted and what to do, as a sentence that completes "Manager m1 at https://… ". Looks at the
 * certificate once more for its dates and names.
 */
export async function certificateFault(failed: Failed, { whereCaGoes }: Mend, network: Network): Promise<string> {
  const { code, address } = failed;
  const leaf = await shownCertificate(address, network);
  if (leaf?.subject === undefined)
    return `shows a certificate that is not trusted (${code}). Put the PEM of the CA that signed it ${whereCaGoes}, and use the host name that is in the certificate.`;
  return sentence(failed, leaf, whereCaGoes);
}

/** The same of a certificate that was seen already. */
export function sentence({ code, address }: Failed, leaf: DetailedPeerCertificate, whereCaGoes: string): string {
  const issuer = `"${shown(leaf.issuer?.CN ?? leaf.issuer?.O)}"`;
  const host = new URL(address).hostname.replace(/^\[(.+)\]$/, '$1');
  const put = (what: string) => `Put the PEM of ${what} ${whereCaGoes}`;
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return expired(leaf);
    case 'CERT_NOT_YET_VALID':
      return `shows a certificate that is not valid before ${latest(leaf)}. Check the clock of this machine, or install a certificate that is valid now.`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return `shows a certificate that is for ${namesOf(leaf)}, not ${host}. Use the name that is in the certificate, or install a certificate for ${host}.`;
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return `shows a self-signed certificate (of "${shown(leaf.subject.CN)}") that is not trusted. ${put('that certificate')}, after comparing its SHA-256 fingerprint with the server's: ${leaf.fingerprint256}.`;
    case 'CERT_SIGNATURE_FAILURE':
      return `shows a certificate that another CA with the name ${issuer} has signed, not the one that is trusted (${code}). ${put('the right one')}.`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return `shows a certificate that is not trusted: the CA ${`"${shown(chainOf(leaf).at(-1)?.subject.CN)}"`} signed it, which is not known here. ${put('that CA')}.`;
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_GET_ISSUER_CERT':
      return `shows a certificate that is not trusted: ${issuer} signed it, and the certificate of ${issuer} is neither known here nor sent by the server. If ${issuer} is an intermediate CA, configure the server to send its certificate as well. If it is the CA, ${put('it').replace(/^P/, 'p')}.`;
    default:
      return `shows a certificate that is not trusted (${code}). ${put('the CA that signed it')}.`;
  }
}

const time = (text: string): number => new Date(text).getTime();

/** The one of the chain that begins last is what is not valid yet. */
function latest(leaf: DetailedPeerCertificate): string {
  const [last = leaf] = chainOf(leaf).sort((a, b) => time(b.valid_from) - time(a.valid_from));
  return day(last.valid_from);
}

/** The one of the chain that ended first is what has expired. */
function expired(leaf: DetailedPeerCertificate): string {
  const [first = leaf] = chainOf(leaf).sort((a, b) => time(a.valid_to) - time(b.valid_to));
  if (first === leaf) return `shows a certificate that expired on ${day(leaf.valid_to)}. Install a new one.`;
  return `shows a certificate whose CA "${shown(first.subject?.CN)}" expired on ${day(first.valid_to)}. Install a certificate of a CA that is valid.`;
}
