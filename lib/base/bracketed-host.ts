/** As a URL or a message has it: an address of IPv6 in brackets. */
export const bracketedHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);
