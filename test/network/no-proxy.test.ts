import { describe, expect, test } from 'vitest';
import { proxiesFrom, proxyFor } from '../../lib/network/proxies.ts';

const isProxied = (address: string, NO_PROXY: string) =>
  proxyFor(address, proxiesFrom({ HTTPS_PROXY: 'http://p:3128', HTTP_PROXY: 'http://p:3128', NO_PROXY })) !== undefined;

describe('NO_PROXY', () => {
  test.each([
    ['https://m1.corp', 'm1.corp'],
    ['https://m1.corp', 'corp'],
    ['https://m1.corp', '.corp'],
    ['https://m1.corp', '*.corp'],
    ['https://M1.Corp', 'm1.CORP'],
    ['https://m1.corp.', 'm1.corp'],
    ['https://m1.corp', 'm1.corp.'],
    ['https://m1.corp', 'a.example, m1.corp'],
    ['https://m1.corp', 'a.example m1.corp'],
    ['https://m1.corp', '*'],
    ['https://m1.corp', 'm1.corp:443'],
    ['http://m1.corp', 'm1.corp:80'],
    ['https://m1.corp:8443', 'm1.corp:8443'],
    ['https://10.1.2.3', '10.0.0.0/8'],
    ['https://10.1.2.3', '10.1.2.3'],
    ['https://10.1.2.3:8443', '10.1.2.3:8443'],
    ['https://[fd00::1]', 'fd00::/8'],
    ['https://[fd00::1]', 'fd00::1'],
    ['https://[fd00::1]:8443', '[fd00::1]:8443'],
    ['https://[::1]', '[::1]'],
  ])('%s is reached directly with %j', (address, noProxy) => {
    expect(isProxied(address, noProxy)).toBe(false);
  });
  test.each([
    ['https://m1.corp', ''],
    ['https://m1.corp', 'xm1.corp'],
    ['https://notcorp', 'corp'],
    ['https://m1.corp', '1.corp'],
    ['https://corp', '*.corp'],
    ['https://m1.corp', 'm1.corp:8443'],
    ['https://m1.corp:8443', 'm1.corp:443'],
    ['https://m1.corp', 'm1.corp.example'],
    ['https://11.1.2.3', '10.0.0.0/8'],
    ['https://10.1.2.3.example', '10.0.0.0/8'],
    ['https://10.1.2.3', '10.0.0.0/33'],
    ['https://[fe00::1]', 'fd00::/8'],
  ])('%s is reached through the proxy with %j', (address, noProxy) => {
    expect(isProxied(address, noProxy)).toBe(true);
  });
});

describe('the proxy of', () => {
  test.each([
    ['https by HTTPS_PROXY alone', 'https://m1', { HTTPS_PROXY: 'http://a:1', HTTP_PROXY: 'http://b:2' }, 'http://a:1'],
    ['http by HTTP_PROXY alone', 'http://m1', { HTTPS_PROXY: 'http://a:1', HTTP_PROXY: 'http://b:2' }, 'http://b:2'],
    [
      'lower case before capitals',
      'https://m1',
      { HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:2' },
      'http://b:2',
    ],
    ['ALL_PROXY for both', 'https://m1', { all_proxy: 'http://a:1' }, 'http://a:1'],
    ['no scheme', 'https://m1', { HTTPS_PROXY: 'proxy:3128' }, 'http://proxy:3128'],
    ['an address of IPv6', 'https://m1', { HTTPS_PROXY: 'http://[::1]:3128' }, 'http://[::1]:3128'],
    ['TLS to the proxy itself', 'https://m1', { HTTPS_PROXY: 'https://p:3129' }, 'https://p:3129'],
    ['an empty one', 'https://m1', { HTTPS_PROXY: '' }, undefined],
    ['an empty one in lower case', 'https://m1', { HTTPS_PROXY: 'http://a:1', https_proxy: '' }, undefined],
    ['a host of NO_PROXY', 'https://m1', { HTTPS_PROXY: 'http://a:1', no_proxy: 'm1' }, undefined],
  ])('%s', (_, address, variables, origin) => {
    expect(proxyFor(address, proxiesFrom(variables))?.url.origin).toBe(origin);
  });
  test.each(['socks5://h:1080', 'ftp://user:pr0xys3cret@h', 'http://'])(
    '%s is refused without its password',
    (text) => {
      expect(() => proxiesFrom({ HTTPS_PROXY: text })).toThrow(/^HTTPS_PROXY: must be the address of an HTTP proxy/);
      expect(() => proxiesFrom({ HTTPS_PROXY: text })).not.toThrow(/pr0xys3cret/);
    },
  );
});
