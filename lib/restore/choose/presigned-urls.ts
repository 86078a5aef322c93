import type { Redactor } from '../../base/redact.ts';

/** Parts of a signed URL that are no secret, and whose values stand in ids and records as well: dates, versions. */
const PUBLIC = /^(x-(amz|goog)-(algorithm|date|expires|signedheaders|content-sha256|checksum-mode)|versionid|x-id)$/i;

/** Registers what of a URL's query may be a credential, as it is written and as it reads: the manager echoes both (K6). */
export function registerSecrets(url: string, redactor: Redactor): void {
  const query = URL.parse(url)?.search.slice(1) ?? '';
  redactor.addSigned(query);
  for (const [name, value] of new URLSearchParams(query)) if (!PUBLIC.test(name)) redactor.addSigned(value);
  for (const pair of query.split('&')) {
    const [name = '', ...value] = pair.split('=');
    if (!PUBLIC.test(name)) redactor.addSigned(value.join('='));
  }
}

/** The part of a URL that may be shown: scheme, host, path. */
export function shownUrl(url: string): string {
  const { origin, pathname } = URL.parse(url) ?? { origin: 'an address', pathname: '' };
  return `${origin}${pathname}`;
}

/** Whether a URL means the machine that asks. */
export function isLoopback(url: string): boolean {
  const host = URL.parse(url)?.hostname ?? '';
  return /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host);
}
