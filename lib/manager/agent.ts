import type { LookupFunction } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import { defined } from '../base/defined.ts';
import { seconds } from '../base/durations.ts';
import { connectReusing } from '../base/reused-read-buffer.ts';
import { proxied } from '../network/dispatcher.ts';
import type { Network } from '../network/network.ts';

/** Replies are read by anybody in any time; of archives each piece is copied where it is read (reused-read-buffer.ts). */
export type Traffic = 'replies' | 'archives';

/**
 * TLS 1.2 and up, with forward secrecy: whoever records the traffic cannot read it with a key that is stolen later.
 * `rejectUnauthorized` is said so that NODE_TLS_REJECT_UNAUTHORIZED has no effect here.
 */
const TLS = {
  minVersion: 'TLSv1.2',
  ciphers:
    'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AESGCM:!aNULL:!kRSA',
  rejectUnauthorized: true,
} as const;

/**
 * HTTP/1.1 on purpose: over HTTP/2 the client library did not compare a body with its Content-Length until 2026-09
 * (nodejs/undici PR 5816), and one connection per span is what spreads load over the manager's workers.
 */
export function newAgent(ca: string | undefined, use: Traffic = 'replies', lookup?: LookupFunction): Agent {
  const connect = { ...TLS, timeout: seconds(10), ...defined({ ca, lookup }) };
  return new Agent({
    allowH2: false,
    connect: use === 'replies' ? connect : connectReusing({ ...connect, allowH2: false }),
    pipelining: 1,
  });
}

/** The same for one node, through the proxy that is for it. Pieces of archives come in buffers of their own then. */
export function agentThrough(
  network: Network,
  node: string,
  ca: string | undefined,
  use: Traffic,
  lookup?: LookupFunction,
): Dispatcher {
  return proxied(node, { ...TLS, timeout: seconds(10), ...defined({ ca }) }, network) ?? newAgent(ca, use, lookup);
}
