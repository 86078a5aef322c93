import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { certificate } from '../../simulator/manager/certificate.ts';

const ROOT = 'Example Root CA';
const key = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ca = key();
const intermediate = key();
const server = key();

const signed = { issuer: ROOT, issuerKey: ca.privateKey, isCa: false };
const own = { subject: 'localhost', publicKey: createPublicKey(server.privateKey) };

/** The CA that everybody below is told to trust. */
export const rootPem = certificate({
  ...signed,
  subject: ROOT,
  publicKey: createPublicKey(ca.privateKey),
  isCa: true,
});

export const serverKey = server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Certificates of one server with one fault each. */
export const oddCertificates = {
  good: certificate({ ...signed, ...own }),
  expired: certificate({ ...signed, ...own, validity: ['190101000000Z', '200131000000Z'] }),
  notYetValid: certificate({ ...signed, ...own, validity: ['450101000000Z', '490101000000Z'] }),
  otherName: certificate({ ...signed, ...own, names: ['other.example.com'] }),
  selfSigned: certificate({ ...own, issuer: 'localhost', issuerKey: server.privateKey, isCa: false }),
  noIntermediate: certificate({
    ...own,
    issuer: 'Example Issuing CA',
    issuerKey: intermediate.privateKey,
    isCa: false,
  }),
} as const;
