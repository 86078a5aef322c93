import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

/** A private CA and a certificate of it for 127.0.0.1 and localhost, as installations of the manager have. */
export interface Certificates {
  readonly key: string;
  readonly cert: string;
  readonly caPem: string;
}

// X.509 in DER, written by hand: node can read certificates but not make them, and tests must need no other tool.

const tlv = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const size = body.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};

const sequence = (...parts: readonly Uint8Array[]): Buffer => tlv(0x30, ...parts);
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, 'hex'));
const octets = (body: Uint8Array): Buffer => tlv(0x04, body);
const bits = (body: Uint8Array): Buffer => tlv(0x03, Buffer.from([0]), body);

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');
const TRUE = tlv(0x01, Buffer.from([0xff]));

const name = (text: string): Buffer => sequence(tlv(0x31, sequence(COMMON_NAME, tlv(0x0c, Buffer.from(text)))));

/** Long-lived, so that a virtual clock does not outlive it: TLS looks at the real one. */
const LONG = ['200101000000Z', '491231235959Z'] as const;

const extension = (id: string, isCritical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(isCritical ? [TRUE] : []), octets(value));

const isAuthority = (is: boolean): Buffer => extension('551d13', true, is ? sequence(TRUE) : sequence());
/** keyCertSign and cRLSign, or digitalSignature. */
const keyUsage = (isCa: boolean): Buffer =>
  extension('551d0f', true, tlv(0x03, Buffer.from(isCa ? [1, 0x06] : [7, 0x80])));
const namesExtension = (...names: Buffer[]): Buffer => extension('551d11', false, sequence(...names));
const OWN_NAMES = [
  tlv(0x82, Buffer.from('localhost')),
  tlv(0x87, Buffer.from([127, 0, 0, 1])),
  tlv(0x87, Buffer.concat([Buffer.alloc(15), Buffer.from([1])])),
];

export interface CertificateRequest {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuer: string;
  readonly issuerKey: KeyObject;
  readonly isCa: boolean;
  /** From and until, `YYMMDDhhmmssZ`. */
  readonly validity?: readonly [string, string];
  /** Host names and IPv4 addresses instead of this machine's. */
  readonly names?: readonly string[];
}

/** PEM. */
export function certificate(request: CertificateRequest): string {
  const { subject, publicKey, issuer, issuerKey, isCa, validity = LONG, names } = request;
  const serial = randomBytes(8);
  // Positive and without leading zeros, as DER wants its integers.
  serial.writeUInt8((serial.readUInt8(0) & 0x3f) | 0x40, 0);
  const extensions = [isAuthority(isCa), keyUsage(isCa), ...(isCa ? [] : [namesExtension(...namesIn(names))])];
  const body = sequence(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))),
    tlv(0x02, serial),
    ECDSA_WITH_SHA256,
    name(issuer),
    sequence(...validity.map((time) => tlv(0x17, Buffer.from(time)))),
    name(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, sequence(...extensions)),
  );
  const der = sequence(body, ECDSA_WITH_SHA256, bits(sign('sha256', body, issuerKey)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const namesIn = (names: readonly string[] | undefined): Buffer[] =>
  names?.map((one) =>
    isIPv4(one) ? tlv(0x87, Buffer.from(one.split('.').map(Number))) : tlv(0x82, Buffer.from(one)),
  ) ?? OWN_NAMES;

const newKey = {
  ec: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

/** `kind`: of the server's key. Ciphers without forward secrecy need `rsa`. `names`: of another machine than this. */
export function makeCertificates(kind: keyof typeof newKey = 'ec', names?: readonly string[]): Certificates {
  const ca = newKey.ec();
  const server = newKey[kind]();
  const issuer = 'Cloudify generated certificate';
  const signedBy = { issuer, issuerKey: ca.privateKey };
  return {
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: certificate({
      subject: names?.[0] ?? 'localhost',
      publicKey: createPublicKey(server.privateKey),
      isCa: false,
      ...signedBy,
      ...(names && { names }),
    }),
    caPem: certificate({ subject: issuer, publicKey: createPublicKey(ca.privateKey), isCa: true, ...signedBy }),
  };
}
