import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { minutes } from '../base/durations.ts';
import { InvalidSecret, ManagerUnavailable } from '../base/errors.ts';
import { isPassing } from '../base/passing-errors.ts';
import { describeIssues } from '../base/zod-issues.ts';
import type { HttpProxy, Proxies } from '../network/proxies.ts';
import { type AwsFailure, PATIENCE } from './aws-client.ts';

const Login = z.strictObject({ username: z.string().min(1), password: z.string().min(1) });
type Login = z.infer<typeof Login>;

/** As long as the secrets of managers are kept (lib/manager/managers.ts): then a new password counts. */
const SECRET_AGE_MS = minutes(5);

/** Adds user and password from a secret to proxies. The secret is read without them: who has no login passes no proxy. */
export class ProxyLogin {
  readonly #secret: string;
  readonly #now: () => Date;
  #held: { readonly login: Login; readonly readAt: number } | undefined;

  constructor(secret: string, now: () => Date) {
    this.#secret = secret;
    this.#now = now;
  }

  /** Throws `InvalidSecret`, and `ManagerUnavailable` for what may pass. */
  async added({ http, https, noProxy }: Proxies): Promise<Proxies> {
    const login = await this.#current();
    const secret = this.#secret;
    const to = ({ variable, url: bare }: HttpProxy): HttpProxy => {
      const url = new URL(bare);
      url.username = encodeURIComponent(login.username);
      url.password = encodeURIComponent(login.password);
      return { url, variable, secret };
    };
    return { ...(http && { http: to(http) }), ...(https && { https: to(https) }), noProxy };
  }

  async #current(): Promise<Login> {
    const now = this.#now().getTime();
    if (!this.#held || now - this.#held.readAt >= SECRET_AGE_MS)
      this.#held = { login: parse(await read(this.#secret), this.#secret), readAt: now };
    return this.#held.login;
  }
}

async function read(SecretId: string): Promise<string | undefined> {
  const client = new SecretsManagerClient(PATIENCE);
  try {
    return (await client.send(new GetSecretValueCommand({ SecretId }))).SecretString;
  } catch (error) {
    const { name = 'Error', $metadata } = error as AwsFailure;
    const status = $metadata?.httpStatusCode;
    if (status === undefined)
      throw new ManagerUnavailable(
        `Secrets Manager cannot be reached for the secret ${SecretId} of the proxy (${name}). It is read without the proxy: the VPC needs an endpoint for it (docs/how-to/aws-network.md).`,
      );
    if (isPassing(name, status))
      throw new ManagerUnavailable(
        `Secrets Manager does not give the secret ${SecretId} of the proxy just now (${name}).`,
      );
    throw new InvalidSecret(
      `The secret ${SecretId} of the proxy cannot be read (${name}). Check that it exists, that it has a value, and network.proxy.secret of the configuration (docs/how-to/networks.md).`,
    );
  } finally {
    client.destroy();
  }
}

function parse(text: string | undefined, secret: string): Login {
  let json: unknown;
  try {
    json = JSON.parse(text ?? '');
  } catch {
    json = undefined;
  }
  const result = Login.safeParse(json);
  if (result.success) return result.data;
  throw new InvalidSecret(
    `The secret ${secret} of the proxy must be JSON with username and password: ${describeIssues(result.error)}.`,
  );
}
