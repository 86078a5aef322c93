import type { PostedTarget } from '../config/notifications.ts';
import { agentThrough } from '../manager/agent.ts';
import type { Network } from '../network/network.ts';
import type { Posted } from './formats.ts';
import { lookupFor } from './hosts.ts';
import { Undeliverable, undeliverable } from './undeliverable.ts';

interface Sending {
  readonly target: PostedTarget;
  readonly network: Network;
  /** Ends the request, whatever it waits for. */
  readonly signal: AbortSignal;
  /** `10 s`, for the message. */
  readonly patience: string;
}

/**
 * One POST, without redirects; of the answer only the status counts, and its body is not read. TLS as towards managers.
 * Throws `Undeliverable`.
 */
export async function post(
  url: URL,
  { contentType, body }: Posted,
  { target, network, signal, patience }: Sending,
): Promise<void> {
  const agent = agentThrough(network, url.origin, target.ca, 'replies', lookupFor(target));
  try {
    const response = await agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'POST',
      headers: { 'content-type': contentType, 'user-agent': 'cloudify-offsite' },
      body,
      signal,
    });
    response.body.on('error', () => {}).destroy();
    refuse(response.statusCode);
  } catch (error) {
    throw undeliverable(error, patience);
  } finally {
    // Not closed: that would wait for an answer that never ends.
    await agent.destroy().catch(() => undefined);
  }
}

function refuse(status: number): void {
  if (status >= 200 && status < 300) return;
  if (status >= 300 && status < 400)
    throw new Undeliverable(`it answers with a redirect (HTTP ${status}), which is not followed`);
  throw new Undeliverable(`it answers HTTP ${status}`, status === 408 || status === 429 || status >= 500);
}
