import { bodyOf, type Exchange, header } from './exchange.ts';
import { badParameter, crash, failure, flaskPage } from './reply.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

const PYTHON_TYPES: Readonly<Record<string, string>> = {
  string: 'str',
  number: 'int',
  boolean: 'bool',
  object: 'NoneType',
};

/** `Content-Type` must be `application/json` to the letter, and the body JSON (contract §1.6). */
export async function jsonBody(exchange: Exchange): Promise<JsonObject> {
  const body = await bodyOf(exchange);
  if (header(exchange, 'content-type') !== 'application/json') {
    throw failure(415, 'unsupported_content_type_error', 'Content type must be application/json');
  }
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    throw flaskPage(400);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  const type = Array.isArray(value) ? 'list' : PYTHON_TYPES[typeof value];
  throw crash(`AttributeError: '${type}' object has no attribute 'get'`);
}

const asPython = (value: unknown): string => (value === null ? 'None' : String(value));

/** `true`/`false`, or these words in any case. */
export function booleanOf(body: JsonObject, name: string, usual: boolean): boolean {
  if (!(name in body)) return usual;
  return toBoolean(body[name], name);
}

export function toBoolean(value: unknown, name: string): boolean {
  const word = typeof value === 'string' ? value.toLowerCase() : value;
  if (word === true || word === 'true') return true;
  if (word === false || word === 'false') return false;
  throw badParameter(`${name} must be <true/false>, got ${asPython(value)}`);
}

export function requireKey(body: JsonObject, name: string): unknown {
  if (!(name in body)) throw badParameter(`Missing ${name} in json request body`);
  return body[name];
}
