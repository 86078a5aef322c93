import { BlockList, isIP } from 'node:net';

interface Entry {
  readonly host: string;
  /** 0: any port. */
  readonly port: number;
  /** `*.example.com`: names below it, and not the name itself. */
  readonly isBelowOnly: boolean;
  readonly network: BlockList | undefined;
}

const kind = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** `10.0.0.0/8`, as curl reads it. Undefined: it is no network. */
function networkIn(word: string): BlockList | undefined {
  const [, address = '', bits = ''] = /^\[?([\da-fA-F:.]+)\]?\/(\d{1,3})$/.exec(word) ?? [];
  if (isIP(address) === 0 || Number(bits) > (isIP(address) === 6 ? 128 : 32)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), kind(address));
  return list;
}

function entryOf(word: string): Entry {
  const network = networkIn(word);
  const [, inBrackets, afterBrackets] = /^\[(.+)\](?::(\d+))?$/.exec(word) ?? [];
  // A bare address of IPv6 has several colons, a name with a port has one.
  const [, name = word, afterName] = isIP(word) === 6 ? [] : (/^([^:]+):(\d+)$/.exec(word) ?? []);
  const host = (inBrackets ?? name).toLowerCase();
  return {
    host: host.replace(/^\*?\./, '').replace(/(.)\.$/, '$1'),
    port: Number(afterBrackets ?? afterName ?? 0),
    isBelowOnly: host.startsWith('*.'),
    network,
  };
}

function matches(entry: Entry, host: string, port: number): boolean {
  if (entry.network) return isIP(host) !== 0 && entry.network.check(host, kind(host));
  if (entry.port !== 0 && entry.port !== port) return false;
  if (entry.host === '*') return true;
  return (!entry.isBelowOnly && host === entry.host) || host.endsWith(`.${entry.host}`);
}

/**
 * Whether NO_PROXY has this address: names with everything below them, `*`, addresses, networks (`10.0.0.0/8`), each with
 * a port or without, between commas or spaces, in capitals or not. As curl and undici read it.
 */
export function bypasses({ protocol, hostname, port }: URL, noProxy: string): boolean {
  const host = hostname.replace(/^\[(.+)\]$/, '$1').replace(/(.)\.$/, '$1');
  const number = Number(port) || (protocol === 'https:' ? 443 : 80);
  const words = noProxy.split(/[,\s]+/).filter((word) => word !== '');
  return words.some((word) => matches(entryOf(word), host.toLowerCase(), number));
}
