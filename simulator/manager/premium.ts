import { FIRST_TENANT } from './content.ts';
import type { Exchange } from './exchange.ts';
import { listReply } from './lists.ts';
import type { Item } from './long-list.ts';
import { LongList } from './long-list.ts';
import { failure, type Reply } from './reply.ts';

/** What exists only on premium; community refuses it before it asks who is there (observed). */
const PREMIUM_ONLY = new Set(['license', 'users', 'user-groups', 'secrets-providers']);

const PREMIUM_ONLY_TEXT =
  'This feature exists only in the premium edition of Cloudify.\nPlease contact sales for additional info.';
/** What ends a new-format create on community: its third type is `user_groups` (recording 26 had to ask for legacy). */
export const NO_USER_GROUPS = `404: ${PREMIUM_ONLY_TEXT}`;

export const isPremiumResource = (resource: string): boolean => PREMIUM_ONLY.has(resource);

/** Of tenants, community shows the list and the first one. */
const isPremiumTenant = (resource: string, id: string | undefined): boolean =>
  resource === 'tenants' && id !== undefined && id !== FIRST_TENANT;

export function refuseOnCommunity({ settings }: Exchange, resource: string, id: string | undefined): void {
  if (settings.edition === 'premium' || !(isPremiumResource(resource) || isPremiumTenant(resource, id))) return;
  throw failure(404, 'missing_premium_package_error', PREMIUM_ONLY_TEXT);
}

/** Usable without a licence (contract §1.5). */
const LICENCE_FREE = new Set(
  'status version license maintenance cluster-status managers db-nodes config tokens tenants ok'.split(' '),
);

/** The HTTP status of premium managers is not public; the community check uses 400. */
export function refuseWithoutLicence({ settings, strike }: Exchange, resource: string): void {
  if (settings.faults.condition('unlicensed', strike) === undefined || LICENCE_FREE.has(resource)) return;
  throw failure(400, 'missing_cloudify_license', 'Cloudify Manager does not have a valid license');
}

/** As much of these lists as somebody who counts needs to see. */
export function premiumList(exchange: Exchange, resource: string): Reply {
  const { state, settings, strike } = exchange;
  const expired = settings.faults.condition('unlicensed', strike) !== undefined;
  if (resource === 'license') {
    const licence = {
      customer_id: 'simulated',
      expiration_date: null,
      license_edition: 'Premium',
      trial: false,
      expired,
    };
    return listReply(exchange, [licence], { fields: Object.keys(licence), idField: 'customer_id' });
  }
  const users = state.users.map(({ name, role }) => ({ username: name, role, active: true }));
  const { content } = state;
  // Users beside those who can log in are only counted.
  const strangers = Math.max(0, content.users - users.length);
  const stranger = (n: number): Item => ({ username: `user_${users.length + n}`, role: 'default', active: true });
  const lists: Readonly<Record<string, LongList>> = {
    users: new LongList([{ count: strangers, itemAt: stranger }], users),
    'user-groups': new LongList([{ count: content.userGroups, itemAt: (n) => ({ name: `group_${n + 1}` }) }]),
  };
  const items = lists[resource] ?? new LongList([]);
  return listReply(exchange, items, { fields: ['username', 'name', 'role', 'active'], idField: 'username' });
}
