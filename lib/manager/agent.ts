import { Agent } from 'undici';
import { connectReusing } from '../base/reused-read-buffer.ts';

/** Replies are read by anybody in any time; of archives each piece is copied where it is read (reused-reads.ts). */
export type Traffic = 'replies' | 'archives';

/**
 * HTTP/1.1 on purpose: over HTTP/2 the client library did not compare a body with its Content-Length until 2026-09
 * (nodejs/undici PR 5816), and one connection per span is what spreads load over the manager's workers.
 */
export function newAgent(ca: string | undefined, use: Traffic = 'replies'): Agent {
  const connect = { timeout: 10_000, ...(ca === undefined ? {} : { ca }) };
  return new Agent({
    allowH2: false,
    connect: use === 'replies' ? connect : connectReusing({ ...connect, allowH2: false }),
    pipelining: 1,
  });
}
