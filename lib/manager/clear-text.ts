/** Addresses of this machine: what is sent there does not travel. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** A sentence for each address to which credentials would be sent in clear text. */
export function clearTextWarnings(manager: string, endpoints: readonly string[]): string[] {
  return endpoints
    .filter((endpoint) => endpoint.startsWith('http:') && !LOOPBACK.test(new URL(endpoint).hostname))
    .map(
      (endpoint) => `Manager ${manager} at ${endpoint}: the credentials travel unencrypted. Use https:// if it can.`,
    );
}
