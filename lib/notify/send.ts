import { createHash } from 'node:crypto';
import type { Redactor } from '../base/redact.ts';
import type { Target } from '../config/notifications.ts';
import type { Network } from '../network/network.ts';
import { postedTo } from './formats.ts';
import { addressOf } from './hosts.ts';
import { mail } from './mail.ts';
import type { Message } from './message.ts';
import { post } from './post.ts';
import { Undeliverable, undeliverable } from './undeliverable.ts';

/** The bounds of sending, in milliseconds: what a run may wait for its messages, at most. */
export interface Limits {
  /** One try at one target, from the look-up of its name to its answer. */
  readonly tryMs: number;
  readonly tries: number;
  /** All targets together, with the reading of their secrets. */
  readonly totalMs: number;
}

export const LIMITS: Limits = { tryMs: 10_000, tries: 2, totalMs: 30_000 };

/** Reads the secret of a target, an address or a password; undefined: it has none. Throws in words of its own. */
export type ReadSecret = (target: Target, signal: AbortSignal) => Promise<string | undefined>;

export interface Sender {
  readonly allowedHosts: readonly string[] | undefined;
  readonly readSecret: ReadSecret;
  readonly redactor: Redactor;
  readonly limits: Limits;
  readonly network: Network;
}

/** A message, or that a run has begun, which only pings know. */
export type Sent = Message & { readonly isStart?: boolean };

/** To one target, with another try where that may help. Throws `Undeliverable`, also when `signal` ends it. */
export async function send(message: Sent, target: Target, sender: Sender, signal: AbortSignal): Promise<void> {
  const { tryMs, tries } = sender.limits;
  const secret = await secretOf(target, sender, signal);
  for (let attempt = 1; ; attempt++) {
    try {
      const within = { signal: AbortSignal.any([signal, AbortSignal.timeout(tryMs)]), patience: `${tryMs / 1000} s` };
      if (target.type === 'email') return await mail(message, { target, password: secret, ...within });
      const url = addressOf(secret ?? '', target, sender.allowedHosts);
      return await post(target.type === 'ping' ? pingOf(url, message) : url, postedTo(target.type, message), {
        target,
        network: sender.network,
        ...within,
      });
    } catch (error) {
      const failure = undeliverable(error, `${tryMs / 1000} s`);
      if (attempt >= tries || !failure.mayPass || signal.aborted) throw failure;
    }
  }
}

async function secretOf(target: Target, { readSecret, redactor }: Sender, signal: AbortSignal) {
  let secret: string | undefined;
  try {
    secret = (await readSecret(target, signal))?.trim();
  } catch (error) {
    throw new Undeliverable(error instanceof Error ? error.message.replace(/\.$/, '') : 'its secret cannot be read');
  }
  if (secret === undefined) return undefined;
  if (target.type === 'email') redactor.add(secret);
  else registerAddress(secret, redactor);
  return secret;
}

/** Long pieces of a path and of a query are what makes an address a secret; short ones are words. */
const SECRET_PIECE = 12;

function registerAddress(address: string, redactor: Redactor): void {
  redactor.addSigned(address);
  const url = URL.parse(address);
  if (!url) return;
  const { pathname, search, href } = url;
  const pieces = [...pathname.split('/'), ...url.searchParams.values()].filter(({ length }) => length >= SECRET_PIECE);
  redactor.addSigned(href, `${pathname}${search}`, pathname.length > SECRET_PIECE ? pathname : undefined, ...pieces);
}

/** As Healthchecks has it: the address itself is a success, `/start` and `/fail` tell the rest, `rid` joins them. */
function pingOf(address: URL, { isStart, occasion }: Sent): URL {
  const url = new URL(address);
  const ending = isStart ? '/start' : occasion.outcome === 'failure' ? '/fail' : '';
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${ending}`;
  if (occasion.execution) url.searchParams.set('rid', uuidOf(occasion.execution));
  return url;
}

/** The same execution is the same number, in whatever process. */
function uuidOf(execution: string): string {
  const hex = createHash('sha256').update(execution).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
