import { authenticate } from './auth.ts';
import type { Exchange } from './exchange.ts';
import { inventoryList, isInventoryCollection } from './inventory-lists.ts';
import { maintenanceGate } from './maintenance.ts';
import { refuseInRestore, refuseWithoutSchema } from './outages.ts';
import { isPremiumResource, premiumList, refuseOnCommunity, refuseWithoutLicence } from './premium.ts';
import { flaskPage, json, nginxPage, Refusal, type Reply } from './reply.ts';
import { allowOf, findRoute, type Route } from './routes.ts';

const API_VERSIONS = new Set(['v1', 'v2', 'v2.1', 'v3', 'v3.1']);

/** Resources that exist on the manager and are not simulated: only what stands in front of them is. */
const UNSIMULATED = new Set(['user']);

/** The REST service: route, method, maintenance, licence, credentials, then the resource itself. */
export async function answer(exchange: Exchange, routes: readonly Route[]): Promise<Reply> {
  const [, second = '', ...rest] = exchange.segments;
  const isVersioned = API_VERSIONS.has(second);
  const path = isVersioned ? rest : exchange.segments.slice(1);
  const resource = path[0] ?? '';
  const isCollection =
    isVersioned && path.length === 1 && (isInventoryCollection(resource) || UNSIMULATED.has(resource));
  const isPremium = isVersioned && path.length === 1 && isPremiumResource(resource);
  const route = findRoute(routes, isVersioned ? second : undefined, path);
  if (route === undefined && !isCollection && !isPremium) {
    throw unknownPath(exchange, resource);
  }
  const method = exchange.method === 'HEAD' ? 'GET' : exchange.method;
  const handler = route?.methods[method];
  if (route !== undefined && handler === undefined) throw flaskPage(405, { Allow: allowOf(route) });
  if (route === undefined && method !== 'GET' && !isPremium) throw flaskPage(405, { Allow: 'GET, HEAD, OPTIONS' });
  if (route?.authentication !== 'none') maintenanceGate(exchange, resource, false);
  refuseInRestore(exchange, resource);
  refuseWithoutSchema(exchange, resource, path[1] ?? '');
  if (isVersioned) refuseOnCommunity(exchange, resource, path[1]);
  refuseWithoutLicence(exchange, resource);
  if (route?.authentication !== 'none') authenticate(exchange, route?.authentication === 'open');
  maintenanceGate(exchange, resource, true);
  if (handler !== undefined) return handler(exchange, path[1] ?? '');
  if (isPremium) return premiumList(exchange, resource);
  return UNSIMULATED.has(resource) ? json(200, {}) : inventoryList(exchange, resource);
}

/** Up to 5.2 nginx passes on only the resources it knows; one it knows and REST does not is REST's 404. */
function unknownPath(exchange: Exchange, resource: string): Refusal {
  const isKnown = ['snapshots', 'executions', 'tokens', 'maintenance', 'managers'].includes(resource);
  return exchange.settings.line.hasPathWhiteList && !isKnown ? new Refusal(nginxPage(404)) : flaskPage(404);
}
