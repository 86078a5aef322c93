import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What stands between us and a manager, and notes every login that it is sent. */
export interface RecordingProxy {
  readonly url: string;
  /** `POST /api/v3.1/snapshots/x/restore`, in the order of their arrival. */
  readonly requests: readonly string[];
  /** `user:password`, or a token, of every request that came with one. */
  readonly logins: ReadonlySet<string>;
  close(): Promise<void>;
}

/** How a hostile manager answers to logins, once it has seen what it waits for. */
export interface Hostile {
  /** `PUT` of the archive, `POST` of the restore. */
  readonly after: RegExp;
  /** 401, or a redirect to where logins are collected. */
  readonly answer: { readonly status: 401 | 302 | 307; readonly location?: string };
}

export async function startRecordingProxy(node: string, hostile?: Hostile): Promise<RecordingProxy> {
  const requests: string[] = [];
  const logins = new Set<string>();
  let isTriggered = false;
  const server = createServer(async (incoming, outgoing) => {
    const { method = '', headers, url: path = '' } = incoming;
    requests.push(`${method} ${path}`);
    const login = loginOf(headers);
    if (login !== undefined) logins.add(login);
    const body = await buffer(incoming);
    if (isTriggered && hostile && login !== undefined && method === 'GET') {
      const { status, location } = hostile.answer;
      outgoing.writeHead(status, location === undefined ? {} : { location: `${location}${path}` }).end('{}');
      return;
    }
    isTriggered ||= hostile?.after.test(`${method} ${path}`) ?? false;
    const { hostname, port } = new URL(node);
    const asked = request({ hostname, port, path, method, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    asked.on('error', () => outgoing.destroy());
    asked.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, logins, close };
}

function loginOf(headers: NodeJS.Dict<string | string[]>): string | undefined {
  const { authorization, 'authentication-token': token } = headers;
  if (typeof token === 'string') return token;
  if (typeof authorization !== 'string') return undefined;
  return Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString();
}
