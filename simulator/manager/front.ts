import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileServer } from './archive-download.ts';
import { authenticate } from './auth.ts';
import { deliver } from './delivery.ts';
import type { Exchange, ManagerSettings } from './exchange.ts';
import type { Strike } from './faults.ts';
import type { RateLimit } from './rate-limit.ts';
import { crash, nginxPage, Refusal, type Reply } from './reply.ts';
import { tooLongForGunicorn, tooLongForNginx } from './request-line.ts';
import { answer } from './rest-service.ts';
import type { Route } from './routes.ts';
import type { ManagerState } from './state.ts';

/** One request as the log of a simulated manager has it. */
export interface LoggedRequest {
  readonly node: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly at: Date;
  /** Of the answer; 0 while there is none, or when the connection was cut instead. */
  status: number;
}

export interface FrontParts {
  readonly settings: ManagerSettings;
  readonly routes: readonly Route[];
  readonly rateLimit: RateLimit | undefined;
  readonly stateOf: (strike: Strike) => ManagerState;
  readonly log: LoggedRequest[];
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** What nginx does before anybody else: refuses paths that climb out of the root. */
function climbsOut(segments: readonly string[]): boolean {
  let depth = 0;
  for (const segment of segments) {
    if (segment === '..') depth -= 1;
    else if (segment !== '' && segment !== '.') depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

function openExchange(parts: FrontParts, node: number, request: IncomingMessage): Exchange {
  const target = request.url ?? '/';
  const cut = target.indexOf('?');
  const path = cut < 0 ? target : target.slice(0, cut);
  const method = request.method ?? 'GET';
  const strike = { node, method, path: target };
  return {
    settings: parts.settings,
    state: parts.stateOf(strike),
    node,
    request,
    method,
    target,
    segments: decode(path).split('/').slice(1),
    query: new URLSearchParams(cut < 0 ? '' : target.slice(cut + 1)),
    strike,
  };
}

/** When the first request of a connection came, by the clock. */
const begun = new WeakMap<object, number>();

/**
 * The port of a node that reboots is closed, and connections that were open are gone afterwards. Here it stays open, and
 * a connection is cut at its first request: there is no timer that could open it again, and a closed port sees no request
 * that would tell the time.
 */
function isOlderThanReboot(state: ManagerState, node: number, { socket }: IncomingMessage): boolean {
  const since = begun.get(socket) ?? state.now().getTime();
  begun.set(socket, since);
  return since < (state.reboots.get(node)?.from ?? 0);
}

/** Whether something struck that needs no answer at all. */
function isSilenced({ settings: { faults }, strike, request, state, node }: Exchange): boolean {
  if (state.isRebooting(node) || isOlderThanReboot(state, node, request)) {
    request.socket.destroy();
    return true;
  }
  if (faults.take('refuse', strike) !== undefined) {
    request.socket.destroy();
    return true;
  }
  return faults.take('hang', strike) !== undefined;
}

/** The answers that nginx gives on its own account. */
function proxyReply(exchange: Exchange, rateLimit: RateLimit | undefined): Reply | undefined {
  const { settings, strike, request, state, segments } = exchange;
  const tooLong = tooLongForNginx(exchange);
  if (tooLong !== undefined) return tooLong;
  const client = request.socket.remoteAddress ?? '';
  // Workers with a token are not limited; whether the token is any good is asked later.
  const isLimited =
    request.headers['execution-token'] === undefined && rateLimit?.admits(client, state.now().getTime()) === false;
  if (isLimited || settings.faults.take('rateLimited', strike) !== undefined) return nginxPage(503);
  const error = settings.faults.take('serverError', strike);
  if (error !== undefined)
    return error.status === 500 ? crash('RuntimeError: simulated').reply : nginxPage(error.status);
  const html = settings.faults.take('htmlError', strike);
  if (html !== undefined) return nginxPage(html.status);
  if (climbsOut(segments)) return nginxPage(400, { Connection: 'close' });
  if (segments[0] === 'api' && segments.length > 1)
    return state.isRestDown || state.restDownNodes.has(exchange.node) ? nginxPage(502) : tooLongForGunicorn(exchange);
  return segments[0] === 'resources' ? undefined : nginxPage(404);
}

/** `/resources/…`: nginx asks the REST service who it is, and no more than that (hazard K23). */
function resources(exchange: Exchange): Reply {
  try {
    authenticate(exchange, false);
  } catch (error) {
    if (error instanceof Refusal) return nginxPage(401);
    throw error;
  }
  const [, folder, id = '', name = ''] = exchange.segments;
  return folder === 'snapshots' ? fileServer(exchange, id, name) : nginxPage(404);
}

async function handle(exchange: Exchange, parts: FrontParts): Promise<Reply> {
  const reply = proxyReply(exchange, parts.rateLimit);
  if (reply !== undefined) return reply;
  try {
    if (exchange.segments[0] === 'resources') return resources(exchange);
    return await answer(exchange, parts.routes);
  } catch (error) {
    if (error instanceof Refusal) return error.reply;
    throw error;
  }
}

/** The work is done, but the answer is lost on its way. */
function isAnswerLost({ settings: { faults }, method, segments, strike }: Exchange): boolean {
  if (method === 'POST' && segments.at(-1) === 'restore')
    return faults.take('lostRestoreResponse', strike) !== undefined;
  if (method !== 'PUT') return false;
  if (segments.at(-2) === 'snapshots') return faults.take('lostCreateResponse', strike) !== undefined;
  return segments.at(-1) === 'archive' && faults.take('lostUploadResponse', strike) !== undefined;
}

/** One node: nginx in front of the REST service. Never throws, whatever the client does. */
export function serveNode(
  parts: FrontParts,
  node: number,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const exchange = openExchange(parts, node, request);
    const { method, target: path, state } = exchange;
    const logged: LoggedRequest = { node, method, path, at: state.now(), status: 0 };
    parts.log.push(logged);
    if (isSilenced(exchange)) return;
    handle(exchange, parts)
      .then(async (reply) => {
        if (isAnswerLost(exchange)) {
          request.socket.destroy();
          return;
        }
        logged.status = reply.status;
        await deliver(exchange, reply, response);
      })
      // A client that leaves in the middle of its own request; or a defect of the simulation, which must not look like
      // a healthy manager.
      .catch(() => request.socket.destroy());
  };
}
