import * as z from 'zod';
import { canonicalJson } from '../base/canonical-json.ts';
import { sha256 } from '../base/schemas.ts';

/** SHA-256 of the public key (SubjectPublicKeyInfo, DER) in hexadecimal digits: what people compare. */
export const Fingerprint = sha256;

/** The field `signature` of a record: which key, and ECDSA P-256 with SHA-256 as DER in base64 (72 bytes at most). */
export const Signature = z.strictObject({ key: Fingerprint, value: z.string().max(120) });
export type Signature = z.infer<typeof Signature>;

/** What is signed can be nothing else than a record of ours, and only under its own key: a copy elsewhere is worth nothing. */
const DOMAIN = 'cloudify-offsite/signature/1\n';

/** The bytes that are signed: the domain, the key of the record, and the record without its signature. */
export function messageOf(key: string, record: object): Buffer {
  const { signature: _, ...signed } = record as { signature?: unknown };
  return Buffer.from(`${DOMAIN}${key}\n${canonicalJson(signed)}`);
}
