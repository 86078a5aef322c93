import { canonicalJson } from '../base/canonical-json.ts';

/** What is signed can be nothing else than a record of ours, and only under its own key: a copy elsewhere is worth nothing. */
const DOMAIN = 'cloudify-offsite/signature/1\n';

/** The bytes that are signed: the domain, the key of the record, and the record without its signature. */
export function messageOf(key: string, record: object): Buffer {
  const { signature: _, ...signed } = record as { signature?: unknown };
  return Buffer.from(`${DOMAIN}${key}\n${canonicalJson(signed)}`);
}
