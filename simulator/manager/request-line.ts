import type { Exchange } from './exchange.ts';
import { nginxPage, type Reply } from './reply.ts';

/** nginx holds a request line in one buffer, its line end included. */
const NGINX_BUFFER = 8192;
/** What gunicorn reads; a percent-encoded `snapshot_archive_url` may well be longer (contract §1.7). */
const GUNICORN_LIMIT = 4094;

const lengthOf = ({ method, target }: Exchange): number => `${method} ${target} HTTP/1.1`.length;

export function tooLongForNginx(exchange: Exchange): Reply | undefined {
  return lengthOf(exchange) + 2 > NGINX_BUFFER ? nginxPage(414, { Connection: 'close' }) : undefined;
}

/** Not the REST service's page and not nginx's either. */
export function tooLongForGunicorn(exchange: Exchange): Reply | undefined {
  const length = lengthOf(exchange);
  if (length <= GUNICORN_LIMIT) return undefined;
  const body =
    '<html>\n  <head>\n    <title>Bad Request</title>\n  </head>\n  <body>\n    <h1><p>Bad Request</p></h1>\n' +
    `    Request Line is too large (${length} &gt; ${GUNICORN_LIMIT})\n  </body>\n</html>\n`;
  return { status: 400, headers: { 'Content-Type': 'text/html' }, body, isFromProxy: true };
}
