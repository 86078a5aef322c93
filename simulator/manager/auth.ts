import { type Exchange, header } from './exchange.ts';
import { hashPassword } from './password.ts';
import { failure, type Refusal } from './reply.ts';
import type { UserRow } from './rows.ts';

const unauthorized = (reason: string): Refusal => failure(401, 'unauthorized_error', `User unauthorized: ${reason}`);
const forbidden = (message: string): Refusal => failure(403, 'forbidden_error', message);

const TOKEN = /^ctok-[A-Za-z0-9]{10}-[A-Za-z0-9]{40}$/;

const wrongPassword = (name: string): Refusal =>
  unauthorized(`Authentication failed for <User username=\`${name}\`>. Wrong credentials or locked account`);

/** An unknown user, another scheme, or no base64 at all count as no credentials (recording 02). */
function userByPassword(exchange: Exchange): UserRow | undefined {
  const [scheme, encoded = ''] = (header(exchange, 'authorization') ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'basic') return undefined;
  const [name = '', ...rest] = Buffer.from(encoded, 'base64').toString().split(':');
  const user = exchange.state.users.find((one) => one.name === name);
  if (user === undefined) return undefined;
  if (user.passwordHash !== hashPassword(exchange.state.salt, rest.join(':'))) throw wrongPassword(name);
  return user;
}

function userByToken(exchange: Exchange): UserRow | undefined {
  const value = header(exchange, 'authentication-token');
  if (value === undefined) return undefined;
  const { state, settings } = exchange;
  if (settings.line.hasStoredTokens && !TOKEN.test(value)) throw unauthorized('Invalid token structure');
  const token = state.tokens.find((one) => one.value === value);
  if (token === undefined) throw unauthorized(settings.line.hasStoredTokens ? 'Unauthorized' : 'Invalid token');
  if (token.expiresAt !== null && token.expiresAt <= state.now()) throw unauthorized('Token is expired');
  return state.users.find(({ name }) => name === token.user);
}

function userByExecution(exchange: Exchange): UserRow | undefined {
  const value = header(exchange, 'execution-token');
  if (value === undefined) return undefined;
  const execution = exchange.state.executions.find(({ token }) => token === value);
  if (execution === undefined) throw unauthorized('Authentication failed, invalid Execution Token');
  exchange.executionId = execution.id;
  return exchange.state.users.find(({ name }) => name === execution.createdBy);
}

/** The order decides who wins when several are sent; it changed with 6.4 (contract §1.3). */
function findUser(exchange: Exchange): UserRow | undefined {
  const ways = exchange.settings.line.triesExecutionTokenFirst
    ? [userByExecution, userByPassword, userByToken]
    : [userByPassword, userByExecution, userByToken];
  for (const way of ways) {
    const user = way(exchange);
    if (user !== undefined) return user;
  }
  return undefined;
}

/** Who asks, and for which tenant. Open resources only mind credentials that are wrong (`/snapshot-status`). */
export function authenticate(exchange: Exchange, isOpen: boolean): void {
  const { faults } = exchange.settings;
  if (!isOpen && faults.take('expiredCredentials', exchange.strike) !== undefined) throw wrongPassword('admin');
  const user = findUser(exchange);
  if (user === undefined) {
    if (isOpen) return;
    throw unauthorized('No authentication info provided');
  }
  exchange.user = user;
  if (isOpen) return;
  const tenant = header(exchange, 'tenant');
  if (tenant !== undefined && !exchange.state.tenants.includes(tenant)) {
    throw forbidden(`Authorization failed: Tried to authenticate with invalid tenant name: ${tenant}`);
  }
  if (tenant !== undefined) exchange.tenant = tenant;
  if (faults.take('forbidden', exchange.strike) !== undefined) throw notPermitted(exchange, 'snapshot_list');
}

/** Only the role sys_admin may touch snapshots, even list them. */
export function requirePermission(exchange: Exchange, action: string): void {
  if (exchange.user?.role === 'sys_admin') return;
  throw notPermitted(exchange, action);
}

function notPermitted(exchange: Exchange, action: string): Refusal {
  const tenant = exchange.tenant ?? 'default_tenant';
  return forbidden(
    `User \`${exchange.user?.name}\` is not permitted to perform the action ${action} in the tenant \`${tenant}\``,
  );
}

export function tenantOf(exchange: Exchange): string {
  if (exchange.tenant === undefined) throw forbidden('Authorization failed: tenant not provided');
  return exchange.tenant;
}
