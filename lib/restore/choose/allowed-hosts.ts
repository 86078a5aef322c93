import { isIP } from 'node:net';
import type { Dispatcher } from 'undici';
import { InvalidInput } from '../../base/errors.ts';
import { guardedLookup, INSIDE_CODE } from '../../base/guarded-lookup.ts';
import { isPublicAddress } from '../../base/public-addresses.ts';
import type { UrlAuthority } from '../../config/restore-authority.ts';
import { agentThrough, newAgent } from '../../manager/agent.ts';
import type { Network } from '../../network/network.ts';

/** One for each host that is allowed by name, one for all others; idle connections of none keep a process alive. */
const allowed = new WeakMap<Network, Map<string, Dispatcher>>();
let guarded: Dispatcher | undefined;

/**
 * Who may read this URL for a restore of `manager`. Throws the one refusal that there is. Hosts that are allowed by name are
 * read through the proxy that is for them. All others never are: a proxy looks up names by itself, so nobody here would know
 * which address it takes.
 */
export function agentFor(url: URL, manager: string, { hosts, others }: UrlAuthority, network: Network): Dispatcher {
  if (hosts.includes(url.host)) {
    const agents = allowed.get(network) ?? new Map<string, Dispatcher>();
    allowed.set(network, agents);
    const agent = agents.get(url.origin) ?? agentThrough(network, url.origin, undefined, 'replies');
    agents.set(url.origin, agent);
    return agent;
  }
  // As `URL` writes them: 2130706433, 0x7f.1, 0177.1 and 0 are 127.0.0.1 and 0.0.0.0 by now. Sockets look up names alone.
  const address = url.hostname.replace(/^\[|\]$/g, '');
  if (others === 'none' || (isIP(address) && !isPublicAddress(address))) throw refusedHost(manager);
  guarded ??= newAgent(undefined, 'replies', guardedLookup(isPublicAddress));
  return guarded;
}

/** Codes by which a guarded connection ends that is refused: a name inside and a name that is none look the same. */
export const isRefusedCode = (code: string) => code === INSIDE_CODE || code === 'ENOTFOUND';

/** The same for every reason: whoever starts restores could else ask which hosts and ports there are inside. */
export function refusedHost(manager: string): InvalidInput {
  return new InvalidInput(
    `archiveUrl is refused for manager ${manager}. The address, and each one that it redirects to, must be of a host that has public addresses only and, if archiveUrlHosts of ${manager} is configured, is listed there; https must not redirect to http. If the address is right, list its host in archiveUrlHosts of ${manager} in the configuration.`,
  );
}
