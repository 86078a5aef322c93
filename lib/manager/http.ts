import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { CertificateUntrusted } from '../base/errors.ts';
import type { Redactor } from '../base/redact.ts';
import type { Settings } from '../base/settings.ts';
import { direct, type Network } from '../network/network.ts';
import type { Traffic } from './agent.ts';
import { BodyStream, type OnPiece, type ResponseHead, type StreamedBody } from './body-stream.ts';
import { connectionError, explainedError, NotConnected, type Route } from './connection-errors.ts';
import { MAX_REPLY_BYTES, type Reply, readAll, replyFrom } from './reply.ts';
import type { ManagerSecret } from './secret.ts';

export interface Call {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/api/v3.1`, already encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Record<string, unknown>;
  readonly headers?: Readonly<Record<string, string>>;
  /** For the whole reply. Default: `managerTimeoutMs`; `look`: `lookTimeoutMs`. */
  readonly timeoutMs?: number | 'look';
  /** False: send neither credentials nor tenant (`/ok`, `/snapshot-status`; observations.md §2). */
  readonly authenticate?: boolean;
}

/** Admins pass maintenance mode with any value of it (contract.md §8); ignored by managers that do not know it. */
export const BYPASS = { 'x-bypass-maintenance': 'true' };

interface How {
  readonly method: Dispatcher.HttpMethod;
  readonly body: string | Readable | null;
  readonly headers: Record<string, string>;
  /** From the first byte of the request to the last of the reply. */
  readonly timeout?: number;
  /** From the last byte of the request, or the last that moved, to the head of the reply. */
  readonly headersTimeout?: number;
}

/** Speaks HTTP with one node of one manager, one attempt per call. Every failure to get a reply is a named error. */
export class ManagerHttp {
  readonly manager: string;
  readonly node: string;
  readonly #agents: readonly Dispatcher[];
  readonly #archiveAgent: () => Dispatcher;
  readonly #secret: ManagerSecret;
  readonly #settings: Settings;
  readonly signal: AbortSignal;
  readonly #redactor: Redactor;
  readonly #remainingMs: (() => number) | undefined;
  readonly #network: Network;
  readonly #answered: Set<string>;
  readonly #loginFrom: string | undefined;

  constructor(manager: string, node: string, secret: ManagerSecret, use: HttpUse) {
    this.manager = manager;
    this.node = node;
    this.#secret = secret;
    this.#settings = use.settings;
    this.signal = use.signal;
    this.#redactor = use.redactor;
    this.#remainingMs = use.remainingMs;
    this.#network = use.network ?? direct;
    this.#answered = use.answered ?? new Set();
    this.#loginFrom = use.loginFrom;
    this.#agents = [...new Set(use.cas ?? [secret.ca])].map((ca) => use.agent(node, ca, 'replies'));
    this.#archiveAgent = () => use.agent(node, secret.ca, 'archives');
  }

  /** The CA that its secret names; undefined: those that Node trusts. */
  get ca(): string | undefined {
    return this.#secret.ca;
  }

  /** Reads a reply whole. Throws `ManagerUnavailable`, `CertificateUntrusted`. */
  async call(call: Call): Promise<Reply> {
    const body = call.body === undefined ? null : JSON.stringify(call.body);
    const response = await this.#request(call, {
      method: call.method ?? 'GET',
      body,
      // Exactly this: `; charset=utf-8` or another case is refused with 415 (contract.md §1.6).
      headers: body === null ? {} : { 'content-type': 'application/json' },
      timeout: this.#timeoutOf(call),
    });
    return await this.replyOf(response);
  }

  #timeoutOf({ timeoutMs = this.#settings.managerTimeoutMs }: Call): number {
    return this.#atMost(timeoutMs === 'look' ? this.#settings.lookTimeoutMs : timeoutMs);
  }

  #atMost(wanted: number): number {
    const remaining = this.#remainingMs?.() ?? wanted;
    if (remaining > 0) return Math.ceil(Math.min(wanted, remaining));
    throw new NotConnected(`Manager ${this.manager} at ${this.node} was not asked: no time is left in this step.`);
  }

  /**
   * PUTs `length` bytes as they come and reads the reply, which may come before all of them are sent. The body may take
   * as long as it needs; `timeoutMs` is for the reply after its last byte, and for one that stands still. A body that
   * fails, or ends early, ends the request: nothing short of it is ever a whole request to the manager. Throws the
   * body's own error, `ManagerUnavailable`, `CertificateUntrusted`.
   */
  async upload(path: string, body: Readable, length: number, timeoutMs: number): Promise<Reply> {
    // Octets on purpose: a form's type gives 413 or 500 (observations.md §2).
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(length) };
    return await this.replyOf(
      await this.#request({ path }, { method: 'PUT', body, headers, headersTimeout: timeoutMs }),
    );
  }

  /** Reads the rest of an opened response as a reply, e.g. one that turned out to be an error. */
  async replyOf(response: Dispatcher.ResponseData): Promise<Reply> {
    try {
      return this.#replyFrom(response, await readAll(response.body));
    } catch (error) {
      throw connectionError(error, this.manager, this.node, this.signal);
    }
  }

  /** A body that is cut short or is not what its head announces (`content-encoding: gzip`) is no reply. */
  #replyFrom(head: ResponseHead, bytes: Buffer): Reply {
    try {
      return { ...replyFrom(head, bytes, this.#redactor), loginFrom: this.#loginFrom };
    } catch (error) {
      throw connectionError(error, this.manager, this.node, this.signal);
    }
  }

  /** Opens a reply whose body the caller reads, e.g. an archive. The caller must consume or destroy the body. */
  async open(call: Omit<Call, 'method' | 'body'>, method: 'GET' | 'HEAD' = 'GET'): Promise<Dispatcher.ResponseData> {
    const headersTimeout = this.#atMost(this.#settings.managerTimeoutMs);
    const headers = { 'accept-encoding': 'identity' };
    return await this.#request(call, { method, body: null, headers, headersTimeout });
  }

  /**
   * GETs something large: `take` gets the body in pieces if `isWanted` says so of its head, and other answers are given
   * back. Throws what those two throw, `PausedTooLong`, and what the connection says, which has no name yet.
   */
  async pour(
    call: Pick<Call, 'path' | 'headers'>,
    isWanted: (head: ResponseHead) => boolean,
    take: OnPiece,
  ): Promise<{ head: ResponseHead; reply: Reply } | undefined> {
    const { managerPauseMs: pauseMs, managerIdleMs: bodyTimeout } = this.#settings;
    const headersTimeout = this.#atMost(this.#settings.managerTimeoutMs);
    const pouring = new BodyStream({ isWanted, take, signal: this.signal, pauseMs, maxBytes: MAX_REPLY_BYTES });
    const headers = { ...this.#credentials(), 'accept-encoding': 'identity', ...call.headers };
    const path = `/api/v3.1${call.path}`;
    const timeouts = { headersTimeout, bodyTimeout };
    this.#archiveAgent().dispatch({ origin: this.node, path, method: 'GET', headers, ...timeouts }, pouring);
    const answer: StreamedBody = await pouring.ended;
    return answer && { head: answer.head, reply: this.#replyFrom(answer.head, answer.bytes) };
  }

  async #request(call: Call, how: How): Promise<Dispatcher.ResponseData> {
    const query = call.query ? `?${new URLSearchParams(call.query)}` : '';
    const signals = [this.signal, ...(how.timeout ? [AbortSignal.timeout(how.timeout)] : [])];
    return await this.#withEither({
      origin: this.node,
      path: `/api/v3.1${call.path}${query}`,
      method: how.method,
      body: how.body,
      headers: { ...(call.authenticate === false ? {} : this.#credentials()), ...how.headers, ...call.headers },
      headersTimeout: how.headersTimeout ?? how.timeout ?? this.#settings.managerTimeoutMs,
      bodyTimeout: this.#settings.managerIdleMs,
      signal: AbortSignal.any(signals),
    });
  }

  /** With one CA after the other: where a certificate is refused, nothing was sent. */
  async #withEither(options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
    let untrusted: unknown;
    for (const agent of this.#agents) {
      try {
        const response = await agent.request(options);
        this.#answered.add(this.node);
        return response;
      } catch (error) {
        const named = await explainedError(error, this.#route());
        if (!(named instanceof CertificateUntrusted)) throw named;
        untrusted ??= named;
      }
    }
    throw untrusted;
  }

  #route(): Route {
    const { manager, node, signal } = this;
    return { manager, node, signal, network: this.#network, hasAnswered: this.#answered.has(node) };
  }

  #credentials(): Record<string, string> {
    const { username, password, token, tenant } = this.#secret;
    if (token !== undefined) return { 'authentication-token': token, tenant };
    return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`, tenant };
  }
}

/** What a client is built from: one pool of connections per node and CA, shared by all steps of a process. */
export interface HttpUse {
  readonly settings: Settings;
  readonly signal: AbortSignal;
  readonly redactor: Redactor;
  agent(node: string, ca: string | undefined, use: Traffic): Dispatcher;
  /** Default: no proxy. */
  readonly network?: Network;
  /** Where the login is to be corrected; default: in the secret. */
  readonly loginFrom?: string | undefined;
  /** Nodes that have answered in this process. */
  readonly answered?: Set<string>;
  /**
   * One of these has signed the node's certificate; undefined stands for those of Node.js. By default that of the secret.
   * Never all at once: where two have one name, as those that installers make may have, OpenSSL takes the first and finds
   * a false signature.
   */
  readonly cas?: readonly (string | undefined)[];
  /** Calls end when nothing of it is left; bodies that are streamed have limits of their own. */
  readonly remainingMs?: (() => number) | undefined;
}
