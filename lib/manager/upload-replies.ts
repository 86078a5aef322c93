import { ManagerUnavailable, type OffsiteError, UnexpectedReply, UrlUnreachable } from '../base/errors.ts';
import { quoted } from '../base/redact.ts';
import { errorOf } from './replies.ts';
import type { Reply } from './reply.ts';

/** gunicorn's limit of a request line, in bytes (contract.md §1.7). */
const LONGEST_REQUEST_LINE = 4094;
/** Replies about a URL that the manager did not fetch or did not like (contract.md §6.3). */
const URL_CODES = new Set(['bad_parameters_error', 'param_url_not_found_error']);
const INSTEAD = 'Nothing was stored. The method "stream" needs no URL.';

/** What a refused upload by URL means. `path` is what was asked for, below `/api/v3.1`. */
export function urlRefusal(reply: Reply, at: string, path: string): OffsiteError {
  const { status, code, message } = reply;
  // A page and not JSON: gunicorn's (400) or nginx's (414) word on the request line; credentials were good a moment ago.
  if (status === 414 || (status === 400 && reply.json === undefined)) {
    const line = Buffer.byteLength(`PUT /api/v3.1${path} HTTP/1.1\r\n`);
    return new UrlUnreachable(
      `${at} did not take the URL of the archive: the request line has ${line} bytes, managers take ${LONGEST_REQUEST_LINE}. ${INSTEAD}`,
    );
  }
  if (status === 400 && code && URL_CODES.has(code)) {
    return new UrlUnreachable(
      `${at} could not fetch the archive from its URL: ${quoted(message, 300)}. It fetches from where it stands and with the CAs it trusts. ${INSTEAD}`,
    );
  }
  return refusal(reply, at);
}

/** What a refused body means. `size` in bytes. */
export function bodyRefusal(reply: Reply, at: string, size: number): OffsiteError {
  const { status } = reply;
  if (status === 413) {
    return new UnexpectedReply(
      `${at} refuses a body of ${size} bytes as too large (HTTP 413). Managers have no such limit: raise that of the proxy in front of it, or use the method "url".`,
    );
  }
  if (status === 415) {
    return new UnexpectedReply(
      `${at} refuses a body of octets (HTTP 415). Managers take them: what is in front of it? Or use the method "url".`,
    );
  }
  if (isOutOfMemory(reply)) {
    return new ManagerUnavailable(
      `${at} gave up on the archive (HTTP ${status}). A manager holds a streamed archive in memory, all ${size} bytes of it: has it enough? The method "url" needs none.`,
    );
  }
  return refusal(reply, at);
}

function refusal(reply: Reply, at: string): OffsiteError {
  // A login page: no answer of the manager, and worth another try.
  if (reply.json === undefined && reply.status < 300) {
    return new ManagerUnavailable(`${at} answered HTTP ${reply.status} with something that is not JSON.`);
  }
  if (/No space left|Errno 28/.test(exceptionIn(reply))) {
    return new ManagerUnavailable(
      `${at} has no space left on its disk for the archive (HTTP ${reply.status}). Make room below /opt/manager/resources and in /tmp of that node.`,
    );
  }
  return errorOf(reply, at);
}

/** Python says so, or its worker was killed in the middle and nginx tells (502). */
function isOutOfMemory(reply: Reply): boolean {
  return reply.status === 502 || (reply.status === 500 && exceptionIn(reply).includes('MemoryError'));
}

/** Where what went wrong may stand: newer managers name it in the traceback alone, which is looked into and never shown. */
function exceptionIn({ json, message }: Reply): string {
  const { server_traceback: traceback } = (json ?? {}) as { server_traceback?: unknown };
  return typeof traceback === 'string' ? `${message}\n${traceback}` : message;
}

/**
 * A manager echoes the URL that it was given, signature and all: as it was, encoded, or from its path on, and that of
 * any redirect (contract.md §6.3, hazards.md K6). Gives the text without the query of any URL, and without the values of
 * this one's.
 */
export function withoutQueries(text: string, url: string): string {
  let out = text;
  for (const value of queryValues(url)) out = out.replaceAll(value, '…');
  return out.replaceAll(/(\?|%3f|%253f)[^\s'"<>()]+/gi, '$1…');
}

/** Shorter ones are words like `v4` that say nothing and would blank out others. */
const SHORTEST_VALUE = 8;

/** The values of a URL's query in every form that they may come back in, the longest first. */
function queryValues(url: string): string[] {
  const { search = '', pathname = '' } = URL.parse(url) ?? {};
  const raw = search
    .slice(1)
    .split('&')
    .map((part) => part.slice(part.indexOf('=') + 1));
  const forms = new Set(raw.flatMap((value) => [value, encodeURIComponent(value), decoded(value)]));
  // A date that also names the archive is no secret.
  return [...forms]
    .filter((v) => v.length >= SHORTEST_VALUE && !pathname.includes(v))
    .sort((a, b) => b.length - a.length);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
