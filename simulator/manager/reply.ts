import type { ByteSource } from '../archive/byte-source.ts';

/** Bytes of an archive to send: `length` from `start`. */
export interface StreamedBody {
  readonly source: ByteSource;
  readonly start: number;
  readonly length: number;
}

/** What goes back over the wire. Who made it decides the headers: REST adds `Vary`, nginx does not. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  readonly stream?: StreamedBody;
  /** Sent by nginx itself, not by the REST service. */
  readonly isFromProxy?: boolean;
  /** The maintenance gate answers before the session code that adds `Vary`. */
  readonly hasNoVary?: boolean;
}

/** An answer other than success, thrown from anywhere in a handler. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(`HTTP ${reply.status}`);
    this.reply = reply;
  }
}

/** JSON as Python writes it: a blank after `:` and `,`, all ASCII, and Flask's newline at the end. */
const pythonJson = (value: unknown): string => `${writeJson(value, ' ')}\n`;

function writeJson(value: unknown, blank: string): string {
  const write = (part: unknown): string => {
    if (Array.isArray(part)) return `[${part.map(write).join(`,${blank}`)}]`;
    if (typeof part === 'object' && part !== null) {
      const fields = Object.entries(part).filter(([, field]) => field !== undefined);
      return `{${fields.map(([key, field]) => `${write(key)}:${blank}${write(field)}`).join(`,${blank}`)}}`;
    }
    const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
    return JSON.stringify(part ?? null).replaceAll(/[\u0080-\uffff]/g, escaped);
  };
  return write(value);
}

export function json(status: number, value: unknown): Reply {
  return { status, headers: { 'Content-Type': 'application/json' }, body: pythonJson(value) };
}

/** Errors take another way out of Flask, one that puts no blanks. */
const errorJson = (status: number, value: unknown): Reply => ({
  ...json(status, value),
  body: `${writeJson(value, '')}\n`,
});

/** 204 and 304 have no body and no length; a 204 of Flask still names a type. */
export const noContent = (): Reply => ({ status: 204, headers: { 'Content-Type': 'application/json' } });
export const notModified = (): Reply => ({ status: 304, headers: {} });

export function failure(status: number, code: string, message: string, traceback: string | null = null): Refusal {
  return new Refusal(errorJson(status, { error_code: code, message, server_traceback: traceback }));
}

/** An exception nobody expected: the traceback goes out to the client (contract §1.5). */
export function crash(lastLine: string): Refusal {
  const message =
    'Internal error occurred in manager REST server - InternalServerError: 500 Internal Server Error: The server ' +
    'encountered an internal error and was unable to complete your request. Either the server is overloaded or ' +
    'there is an error in the application.';
  return failure(
    500,
    'internal_server_error',
    message,
    `Traceback (most recent call last):\n  File "rest.py"\n${lastLine}\n`,
  );
}

/** Query validation of 7.x (pydantic) answers without `server_traceback`. */
export const badQuery = (message: string): Refusal =>
  new Refusal(errorJson(400, { error_code: 'bad_parameters_error', message }));

export const badParameter = (message: string): Refusal => failure(400, 'bad_parameters_error', message);
export const notFound = (kind: string, id: string): Refusal =>
  failure(404, 'not_found_error', `Requested \`${kind}\` with ID \`${id}\` was not found`);

const FLASK_TEXT: Readonly<Record<number, readonly [title: string, text: string]>> = {
  400: ['Bad Request', 'The browser (or proxy) sent a request that this server could not understand.'],
  404: [
    'Not Found',
    'The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.',
  ],
  405: ['Method Not Allowed', 'The method is not allowed for the requested URL.'],
  413: ['Request Entity Too Large', 'The data value transmitted exceeds the capacity limit.'],
};

/** The HTML page of the REST service's web framework. */
export function flaskPage(status: 400 | 404 | 405 | 413, headers: Readonly<Record<string, string>> = {}): Refusal {
  const [title = '', text = ''] = FLASK_TEXT[status] ?? [];
  const body = `<!doctype html>\n<html lang=en>\n<title>${status} ${title}</title>\n<h1>${title}</h1>\n<p>${text}</p>\n`;
  return new Refusal({ status, headers: { 'Content-Type': 'text/html; charset=utf-8', ...headers }, body });
}

const NGINX_TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Authorization Required',
  403: 'Forbidden',
  404: 'Not Found',
  412: 'Precondition Failed',
  414: 'Request-URI Too Large',
  416: 'Requested Range Not Satisfiable',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
};

/** The HTML page of nginx. */
export function nginxPage(status: number, headers: Readonly<Record<string, string | string[]>> = {}): Reply {
  const title = `${status} ${NGINX_TITLES[status] ?? 'Error'}`;
  const body =
    `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n` +
    '<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n';
  return { status, headers: { 'Content-Type': 'text/html', ...headers }, body, isFromProxy: true };
}
