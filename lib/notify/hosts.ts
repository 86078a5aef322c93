import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net';
import { guardedLookup } from '../base/guarded-lookup.ts';
import { isPublicAddress } from '../base/public-addresses.ts';
import type { PostedTarget, Target } from '../config/notifications.ts';
import { PRIVATE, Undeliverable } from './undeliverable.ts';

/** Where each service takes messages; a webhook may be anywhere, so its host must be configured. */
const OF_SERVICE: Readonly<Record<PostedTarget['type'], readonly string[]>> = {
  slack: ['hooks.slack.com', 'hooks.slack-gov.com'],
  teams: ['*.logic.azure.com', '*.environment.api.powerplatform.com', '*.webhook.office.com'],
  ping: ['hc-ping.com'],
  webhook: [],
};

/** The address of a target, if it may be used. Throws `Undeliverable`, which quotes no more of it than its host. */
export function addressOf(text: string, target: PostedTarget, allowedHosts: readonly string[] | undefined): URL {
  const url = URL.parse(text.trim());
  if (!url || !/^https?:$/.test(url.protocol)) throw new Undeliverable('its address is no https:// URL');
  if (url.username !== '' || url.password !== '')
    throw new Undeliverable('its address has a user name or a password before the host, which is not supported');
  const hosts = allowedHosts ?? OF_SERVICE[target.type];
  if (!hosts.some((pattern) => matches(pattern, url.host)))
    throw new Undeliverable(
      `its host is not in notifications.allowedHosts of the configuration. Add "${url.host}" there if that is right`,
    );
  if (url.protocol === 'http:' && !(target.allowPlainHttp && isThisMachine(url.hostname)))
    throw new Undeliverable(
      'its address is http://: only https:// is used, and http:// to this machine itself if allowPlainHttp is set',
    );
  refuseLiteral(url.hostname, target);
  return url;
}

const matches = (pattern: string, host: string) =>
  pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) && host !== pattern.slice(2) : pattern === host;

const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '');
const isThisMachine = (hostname: string) => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);

/** Sockets look up names alone; an address as it stands is checked here. */
export function refuseLiteral(hostname: string, target: Target): void {
  if (isIP(bare(hostname)) !== 0 && !mayReach(bare(hostname), target)) throw new Undeliverable(PRIVATE);
}

/** Resolves a name once, and refuses it if one of its addresses is refused. */
export const lookupFor = (target: Target): LookupFunction => guardedLookup((address) => mayReach(address, target));

/** Link-local addresses and those of a cloud's own services give out credentials; no target is there, whatever is set. */
const NEVER = new BlockList();
NEVER.addSubnet('0.0.0.0', 8, 'ipv4');
NEVER.addSubnet('169.254.0.0', 16, 'ipv4');
NEVER.addAddress('168.63.129.16', 'ipv4');
NEVER.addAddress('100.100.100.200', 'ipv4');
NEVER.addSubnet('224.0.0.0', 3, 'ipv4');
NEVER.addAddress('fd00:ec2::254', 'ipv6');
NEVER.addAddress('fd20:ce::254', 'ipv6');
const PRIVATE_IPV6 = new BlockList();
PRIVATE_IPV6.addSubnet('fc00::', 7, 'ipv6');
PRIVATE_IPV6.addAddress('::1', 'ipv6');

function mayReach(address: string, { allowPrivateAddresses = false }: Target): boolean {
  if (isPublicAddress(address)) return true;
  if (!allowPrivateAddresses || isIP(address) === 0 || address.includes('%')) return false;
  if (isIPv4(address)) return !NEVER.check(address, 'ipv4');
  // Not those that hold an IPv4 address in an IPv6 one.
  return PRIVATE_IPV6.check(address, 'ipv6') && !NEVER.check(address, 'ipv6');
}
