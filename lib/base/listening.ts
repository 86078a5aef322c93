import type { AddressInfo, Server } from 'node:net';
import { bracketedHost } from './bracketed-host.ts';
import { diskReason } from './disk-errors.ts';
import { InvalidConfiguration } from './errors.ts';

export interface Listening {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** What listens, as a message begins: `The metrics server`. */
  readonly what: string;
  /** The options that name another place: `--port or --host`. None: nobody has named this one. */
  readonly flags?: string | undefined;
}

/** Why a server cannot listen, and what to do. */
const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  EADDRINUSE: ['another process listens there', 'End that process, or choose another port'],
  EACCES: ['this user may not listen there', 'Choose a port of 1024 or above'],
  EPERM: ['this user may not listen there', 'Choose a port of 1024 or above'],
  EADDRNOTAVAIL: ['this machine does not have the address', 'Choose an address of this machine'],
  EAFNOSUPPORT: ['this machine has no network of this kind', 'Choose an address of this machine'],
  EINVAL: ['this is no address to listen on', 'Choose an address of this machine'],
  ENOTFOUND: ['the name of this address is not known', 'Choose an address of this machine'],
  EAI_AGAIN: ['the name of this address cannot be looked up', 'Choose an address of this machine'],
};

/** Any free port was asked for, of the address of this machine itself. */
const NONE_FREE = ['no port is free', 'End other programs that use the network'] as const;
const NO_RIGHT = ['this user may not listen there', 'Correct the permissions of this user or container'] as const;

/** Opens a server, and gives where it listens. Throws `InvalidConfiguration`. */
export async function listenOn(server: Server, place: Listening): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: Error) => reject(listenRefused(error, place));
    server.once('error', refuse);
    server.listen(place.port, place.host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
  return server.address() as AddressInfo;
}

/** Names the error of a server that was told to listen. */
export function listenRefused(error: unknown, { host, port, what, flags }: Listening): InvalidConfiguration {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  const [why, advice] = reasonOf(error, code, port === 0);
  const at = `${bracketedHost(host)}${port === 0 ? '' : `:${port}`}`;
  const option = flags && code in REASONS ? `: ${flags}` : '';
  return new InvalidConfiguration(`${what} cannot listen on ${at}: ${why} (${code}). ${advice}${option}.`, {
    cause: error,
  });
}

function reasonOf(error: unknown, code: string, isAnyPort: boolean): readonly [string, string] {
  if (isAnyPort && code === 'EADDRINUSE') return NONE_FREE;
  if (isAnyPort && (code === 'EACCES' || code === 'EPERM')) return NO_RIGHT;
  const known = REASONS[code];
  if (known) return known;
  const general = diskReason(error);
  // Of these the message names code and advice as for a file; the code comes once.
  if (general) return [general.what.replace(/ \([^)]*\)$/, ''), general.advice.replace(/\.$/, '')];
  return [error instanceof Error ? error.message : String(error), 'Choose another address or port'];
}
