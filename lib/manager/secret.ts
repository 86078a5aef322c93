import * as z from 'zod';
import { InvalidSecret } from '../base/errors.ts';
import { TenantName } from '../base/ids.ts';
import type { Redactor } from '../base/redact.ts';
import { describeIssues, problemsIn } from '../base/zod-issues.ts';

const endpoint = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
  .refine(
    (value) => !URL.parse(value)?.username && !URL.parse(value)?.password,
    'must not hold a user name or password; they have fields of their own',
  )
  .refine((value) => ['/', ''].includes(URL.parse(value)?.pathname ?? ''), 'must be the address alone, without a path')
  .refine((value) => !/[?#]/.test(value), 'must be the address alone, without "?" or "#" and what follows')
  .transform((value) => new URL(value).origin);

/** A line end that a text file brought along (CRLF of Windows) would be a wrong password to the manager. */
const credential = z
  .string()
  .min(1)
  .refine((value) => !/^\s|\s$/.test(value), 'must not begin or end with white space or a line end')
  .refine((value) => !/\p{Cc}/u.test(value), 'must not hold control characters or line ends');

/**
 * The secret of one manager, JSON. `endpoints`: the address of every node (one for an all-in-one manager). Either
 * `username` and `password` or `token`; a token needs the role sys_admin as well (contract.md §1.3). `ca`: PEM of the CA
 * that signed the manager's certificate, by default its own (contract.md §1.2).
 */
const ManagerSecret = z
  .strictObject({
    endpoints: z.array(endpoint).min(1).max(10),
    username: credential.optional(),
    password: credential.optional(),
    token: credential.optional(),
    tenant: TenantName.default('default_tenant'),
    ca: z.string().includes('-----BEGIN CERTIFICATE-----', 'must be a PEM certificate').optional(),
    /** A restore drill may overwrite this manager. */
    drillTarget: z.boolean().optional(),
  })
  .refine((s) => (s.token === undefined) !== (s.username === undefined || s.password === undefined), {
    error: 'needs either username and password, or token',
  });
export type ManagerSecret = z.infer<typeof ManagerSecret>;
/** Where a login comes from, for messages; no field: it is in no JSON. Without it the login is that of the secret. */
export const LOGIN_FROM = Symbol('where the login comes from');

/** The same as it is written, before defaults. */
export type ManagerSecretFields = z.input<typeof ManagerSecret> & { readonly [LOGIN_FROM]?: string };

/**
 * Where secrets come from: Secrets Manager in AWS, the command line on one machine. `previous`: the version before the
 * current one. Throws `InvalidSecret` if absent.
 */
export interface SecretSource {
  read(name: string, version?: 'current' | 'previous'): Promise<string>;
  /** Where the login of this secret is to be corrected; undefined: in the secret. */
  from?(name: string): string | undefined;
}

/** Parses a secret and registers what must never be shown. Throws `InvalidSecret` naming the field, never a value. */
export function parseSecret(manager: string, text: string, redactor: Redactor): ManagerSecret {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InvalidSecret(`The secret of manager ${manager} is not JSON. docs/reference/secret.md shows its fields.`);
  }
  registerStrings(json, redactor);
  const result = ManagerSecret.safeParse(json);
  if (result.success) return result.data;
  throw new InvalidSecret(
    `The secret of manager ${manager} is not valid: ${describeIssues(result.error)}. docs/reference/secret.md shows its fields.`,
    problemsIn(result.error),
  );
}

/** Registered before the check, so that even the secret of a wrong shape is never echoed. */
function registerStrings(json: unknown, redactor: Redactor): void {
  if (json === null || typeof json !== 'object') return;
  const { username, password, token } = json as Record<string, unknown>;
  for (const value of [password, token]) if (typeof value === 'string') redactor.add(value);
  // As the header of HTTP Basic has it: managers and proxies echo it without the word Basic.
  if (typeof username !== 'string' || typeof password !== 'string') return;
  const login = `${username}:${password}`;
  // The header itself is a secret as well: whoever echoes it may encode it once more.
  for (const value of [login, Buffer.from(login).toString('base64')]) redactor.add(value);
}
