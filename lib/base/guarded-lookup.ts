import { lookup as lookupAddresses } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** The code of a connection that was refused because of its address. */
export const INSIDE_CODE = 'OFFSITE_INSIDE';

/** A name has an address that is refused. Never told: who asks must not learn which names there are inside. */
class InsideAddress extends Error {
  readonly code = INSIDE_CODE;
}

/**
 * Resolves a name once for a connection and gives the socket these very addresses: a name that changes its answer between
 * check and use gains nothing. One address that is not allowed is enough to refuse the name.
 */
export function guardedLookup(isAllowed: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookupAddresses(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => isAllowed(address))) {
        return callback(new InsideAddress('not allowed'), '', 0);
      }
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}
