import { randomBytes } from 'node:crypto';
import type { Exchange } from './exchange.ts';
import { jsonBody } from './json-body.ts';
import { listReply } from './lists.ts';
import type { Item } from './long-list.ts';
import { badParameter, json, noContent, notFound, type Reply } from './reply.ts';
import { iso, type TokenRow } from './rows.ts';

const letters = (length: number): string =>
  randomBytes(length).toString('base64url').replaceAll(/[-_]/g, 'x').slice(0, length);

/** Signed tokens of 6.3 and older live ten hours. */
const SIGNED_TOKEN_MS = 36_000_000;

function addToken(
  exchange: Exchange,
  id: string,
  value: string,
  more: Pick<TokenRow, 'description' | 'expiresAt'>,
): TokenRow {
  const token = { id, value, user: exchange.user?.name ?? 'admin', ...more };
  exchange.state.tokens.push(token);
  return token;
}

const item = (exchange: Exchange, { id, value, user, description, expiresAt }: TokenRow): Item => ({
  id,
  username: user,
  value,
  role: exchange.user?.role,
  expiration_date: iso(expiresAt),
  last_used: null,
  description,
});

/** Up to 6.3 `GET` and `POST /tokens` both make a signed token that is stored nowhere. */
export function signedToken(exchange: Exchange): Reply {
  const expiresAt = new Date(exchange.state.now().getTime() + SIGNED_TOKEN_MS);
  const value = `WyIwIiwi${letters(60)}.${letters(6)}.${letters(27)}`;
  addToken(exchange, value, value, { description: null, expiresAt });
  return json(200, { username: exchange.user?.name, value, role: exchange.user?.role });
}

function expiryOf(text: unknown): Date | null {
  if (text === undefined || text === null) return null;
  const time = new Date(`${String(text).replace(' ', 'T').replace(/Z$/, '')}Z`);
  if (Number.isNaN(time.getTime())) throw badParameter(`Invalid expiration date: ${text}`);
  return time;
}

export async function createToken(exchange: Exchange): Promise<Reply> {
  const body = await jsonBody(exchange);
  const description = typeof body.description === 'string' ? body.description : null;
  const id = letters(10);
  const expiresAt = expiryOf(body.expiration_date);
  return json(200, item(exchange, addToken(exchange, id, `ctok-${id}-${letters(40)}`, { description, expiresAt })));
}

export function listTokens(exchange: Exchange): Reply {
  const items = exchange.state.tokens.map((token) => ({
    ...item(exchange, token),
    value: `ctok-${token.id}-********`,
  }));
  const fields = ['id', 'username', 'value', 'role', 'expiration_date', 'last_used', 'description'];
  return listReply(exchange, items, { fields });
}

export function deleteToken(exchange: Exchange, id: string): Reply {
  const { state } = exchange;
  if (!state.tokens.some((token) => token.id === id)) throw notFound('Token', id);
  state.tokens = state.tokens.filter((token) => token.id !== id);
  return noContent();
}
