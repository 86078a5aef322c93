import * as z from 'zod';
import {
  CredentialsRejected,
  InvalidSecret,
  ManagerBusy,
  ManagerUnavailable,
  ManagerUnsupported,
  type OffsiteError,
  PermissionDenied,
  UnexpectedReply,
} from '../base/errors.ts';
import { quoted } from '../base/redact.ts';
import { describeIssues } from '../base/zod-issues.ts';
import type { Reply } from './reply.ts';

/** What we read of the manager's replies; everything else in them is ignored, and never logged (hazards.md K28). */
export const Version = z.object({
  version: z.string().regex(/^\d+\.\d+[\w.+~-]{0,40}$/),
  edition: z.string().regex(/^\w{1,40}$/),
});
export const Snapshot = z.object({
  id: z.string(),
  status: z.string(),
  error: z.string().nullish(),
  created_at: z.string().optional(),
});
export const Execution = z.object({ id: z.string(), status: z.string(), error: z.string().nullish() });
export const CreatedExecution = z.object({ id: z.string() });
export const Status = z.object({
  status: z.string(),
  services: z.record(z.string(), z.object({ status: z.string() })).default({}),
});
export const ClusterStatus = z.object({
  status: z.string(),
  services: z
    .object({ db: z.object({ status: z.string(), nodes: z.record(z.string(), z.unknown()).optional() }).optional() })
    .default({}),
});
export const listOf = <T extends z.ZodType>(item: T) =>
  z.object({ metadata: z.object({ pagination: z.object({ total: z.number() }) }), items: z.array(item) });

/** Codes that mean "not now" (contract.md §1.5, §3.2, §8). */
const BUSY_CODES = new Set([
  'existing_running_execution_error',
  'existing_started_execution_error',
  'entering_maintenance_mode',
  'maintenance_mode_active',
]);
const LICENSE_CODES = new Set(['missing_cloudify_license', 'expired_cloudify_license']);

/** The body of a good reply. Not JSON at all is a proxy's page, worth another try; JSON of another shape is not. */
export function bodyOf<T extends z.ZodType>(schema: T, reply: Reply, at: string): z.infer<T> {
  if (reply.json === undefined) throw new ManagerUnavailable(`${at} answered with something that is not JSON.`);
  const result = schema.safeParse(reply.json);
  if (result.success) return result.data;
  throw new UnexpectedReply(`${at} answered with JSON of an unknown shape: ${describeIssues(result.error)}.`);
}

/** A `ManagerUnavailable`, also by its name, that passes within seconds. */
export class RateLimited extends ManagerUnavailable {}

/** nginx answers before REST does, in HTML and without `Retry-After` (recordings 12, 26 #27); proxies say 429. */
const isRateLimit = ({ status, json }: Reply) => status === 429 || (status === 503 && json === undefined);

/** The error for a reply nobody expected. `at` begins the sentence: "Manager m1 at https://… (create snapshot)". */
export function errorOf(reply: Reply, at: string): OffsiteError {
  const { status, code, message, loginFrom = 'user name and password, or the token, in its secret' } = reply;
  const said = message ? `: ${quoted(message, 200)}` : '';
  const elsewhere = redirect(reply, at);
  if (elsewhere) return elsewhere;
  if (code === 'SSL_REQUIRED') return new InvalidSecret(`${at} requires TLS: its endpoint must begin with https://.`);
  if (code && LICENSE_CODES.has(code)) {
    return new ManagerUnsupported(`${at} has no valid licence (${code}), so it makes no snapshots. Renew its licence.`);
  }
  // Up to 6.4, while the file is there, whether or not a restore runs (contract.md §2.4, §8; hazard K8).
  if (code === 'in_snapshot_restore_error') {
    return new ManagerBusy(
      `${at} says that it is restoring a snapshot (${code}). Run again when that has ended. If none is, a restore that crashed has left its restore marker there: remove /opt/manager/snapshot_status/snapshot_restoring on that node.`,
    );
  }
  if (code && BUSY_CODES.has(code))
    return new ManagerBusy(`${at} is busy (${code})${said}. Run again when that has ended.`);
  if (status === 401) {
    return new CredentialsRejected(`${at} rejected the credentials (HTTP 401)${said}. Check ${loginFrom}.`);
  }
  if (status === 403) {
    return new PermissionDenied(
      `${at} does not allow this (HTTP 403)${said}. Snapshots need a user with the role sys_admin and an existing tenant.`,
    );
  }
  if (isRateLimit(reply)) {
    return new RateLimited(
      `${at} answered HTTP ${status} with a page and not JSON, as its rate limit does: 10 requests a second from one address, shared by all that come from there.`,
    );
  }
  // 409 storage_error: a write that met a standby database, as during a failover (contract.md §2.6).
  if (status === 408 || status >= 500 || code === 'storage_error') {
    return new ManagerUnavailable(`${at} answered HTTP ${status}${code ? ` ${code}` : ''}${said}.`);
  }
  return new UnexpectedReply(
    `${at} answered HTTP ${status}${code ? ` ${code}` : ''}${said}. Is this a Cloudify Manager?`,
  );
}

/** To another address. Of a page on the same one it is a login page, and no manager has one there. */
function redirect({ location }: Reply, at: string): UnexpectedReply | undefined {
  const target = location === undefined ? undefined : URL.parse(location);
  const from = URL.parse(/ at (https?:\/\/\S+)/.exec(at)?.[1] ?? '');
  if (!target || !/^https?:$/.test(target.protocol) || target.origin === from?.origin) return undefined;
  const isDowngrade = from?.protocol === 'https:' && target.protocol === 'http:';
  const what = isDowngrade ? 'which is not encrypted. Is this a Cloudify Manager?' : 'use that address.';
  return new UnexpectedReply(`${at} redirects to ${target.origin}${isDowngrade ? ', ' : ': '}${what}`);
}
