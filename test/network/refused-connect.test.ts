import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seenCertificate } from '../../lib/network/look.ts';
import { proxiesFrom } from '../../lib/network/proxies.ts';

/** A proxy that refuses to tunnel: the look at a certificate ends, with none seen. */

let status = 502;
const proxy = createServer();
proxy.on('connect', (_, socket) => {
  if (status === 0) socket.destroy();
  else socket.end(`HTTP/1.1 ${status} Refused\r\n\r\n`);
});
beforeAll(() => new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve)));
afterAll(() => void proxy.close());

test.each([502, 403, 407, 0])(
  'CONNECT answered by HTTP %d (0: not at all): no certificate is seen',
  async (refusal) => {
    status = refusal;
    const proxies = proxiesFrom({ HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` });
    expect(await seenCertificate('https://manager.test:8443', { proxies })).toBeUndefined();
  },
);
