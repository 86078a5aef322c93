import { isIP } from 'node:net';
import type { Agent } from 'undici';
import { InvalidInput } from '../../base/errors.ts';
import { guardedLookup, INSIDE_CODE } from '../../base/guarded-lookup.ts';
import { isPublicAddress } from '../../base/public-addresses.ts';
import type { UrlAuthority } from '../../config/restore-authority.ts';
import { newAgent } from '../../manager/agent.ts';

/** One for hosts that are allowed by name, one for all others; idle connections of neither keep a process alive. */
let allowed: Agent | undefined;
let guarded: Agent | undefined;

/** Who may read this URL for a restore of `manager`. Throws the one refusal that there is. */
export function agentFor(url: URL, manager: string, { hosts, others }: UrlAuthority): Agent {
  if (hosts.includes(url.host)) {
    allowed ??= newAgent(undefined);
    return allowed;
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
