import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** What is not reached over the internet: IANA's registry of special-purpose addresses, multicast, and clouds' own. */
const INSIDE = new BlockList();
const IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8], // this host (RFC 791); 0.0.0.0 connects to loopback on Linux
  ['10.0.0.0', 8], // private (RFC 1918)
  ['100.64.0.0', 10], // carrier-grade NAT (RFC 6598)
  ['127.0.0.0', 8], // loopback (RFC 1122)
  ['168.63.129.16', 32], // the platform's own service on every machine in Azure
  ['169.254.0.0', 16], // link-local (RFC 3927), metadata of machines in clouds
  ['172.16.0.0', 12], // private (RFC 1918)
  ['192.0.0.0', 24], // IETF protocols (RFC 6890)
  ['192.0.2.0', 24], // documentation (RFC 5737)
  ['192.88.99.0', 24], // 6to4 relays (RFC 7526)
  ['192.168.0.0', 16], // private (RFC 1918)
  ['198.18.0.0', 15], // benchmarks (RFC 2544)
  ['198.51.100.0', 24], // documentation (RFC 5737)
  ['203.0.113.0', 24], // documentation (RFC 5737)
  ['224.0.0.0', 4], // multicast (RFC 5771)
  ['240.0.0.0', 4], // reserved, broadcast (RFC 1112)
];
/** Within 2000::/3, which alone is given to hosts on the internet (RFC 4291). */
const IPV6: readonly (readonly [string, number])[] = [
  ['2001::', 23], // IETF protocols (RFC 2928): Teredo, which holds an IPv4 address, ORCHID, benchmarks
  ['2001:db8::', 32], // documentation (RFC 3849)
  ['2002::', 16], // 6to4: holds an IPv4 address (RFC 3056)
  ['3fff::', 20], // documentation (RFC 9637)
];
for (const [address, prefix] of IPV4) INSIDE.addSubnet(address, prefix, 'ipv4');
for (const [address, prefix] of IPV6) INSIDE.addSubnet(address, prefix, 'ipv6');
const GIVEN_TO_HOSTS = new BlockList();
GIVEN_TO_HOSTS.addSubnet('2000::', 3, 'ipv6');

/**
 * Whether an address, in the form that sockets use, is one of the internet. Not so are private, local and metadata ones,
 * those that hold an IPv4 address in an IPv6 one (mapped, NAT64, 6to4), and what is no address at all.
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !INSIDE.check(address, 'ipv4');
  // With a zone (`fe80::1%eth0`) it is link-local, and BlockList does not read it.
  if (!isIPv6(address) || address.includes('%')) return false;
  return GIVEN_TO_HOSTS.check(address, 'ipv6') && !INSIDE.check(address, 'ipv6');
}
