import { createHash } from 'node:crypto';
import type { Placeholders } from './placeholders.ts';
import type { OriginRequest, RecordedResponse } from './recording.ts';
import type { WireResponse } from './wire.ts';

/** Headers that must be there when recorded and absent when not. `Date`, `Server` and `Keep-Alive` are nobody's business. */
const CHECKED = [
  'content-type',
  'content-length',
  'transfer-encoding',
  'content-encoding',
  'content-range',
  'content-disposition',
  'accept-ranges',
  'cache-control',
  'last-modified',
  'etag',
  'allow',
  'location',
  'vary',
  'connection',
  'strict-transport-security',
];

/** The same of what reached the origin because of one exchange. */
export function originDifferences(
  recorded: readonly OriginRequest[],
  actual: readonly OriginRequest[],
  names: Placeholders,
): string[] {
  return jsonDifferences('originSaw', recorded, actual, names);
}

/** What differs from the recording, in words; nothing when all is well. */
export function differences(recorded: RecordedResponse, actual: WireResponse, names: Placeholders): string[] {
  if (recorded.status !== actual.status) {
    return [`status ${actual.status} instead of ${recorded.status}: ${actual.body.toString().slice(0, 200)}`];
  }
  return [...headerDifferences(recorded, actual, names), ...bodyDifferences(recorded, actual.body, names)];
}

function headerDifferences(recorded: RecordedResponse, actual: WireResponse, names: Placeholders): string[] {
  const expected = new Map(
    Object.entries(recorded.headers).map(([name, value]) => [name.toLowerCase(), [value].flat()]),
  );
  // Content-Length belongs to the body before placeholders were put in: only without any is the number ours, too.
  const isLengthKnown = recorded.bodyType === 'binary' || !names.hasAny(JSON.stringify(recorded.body));
  return CHECKED.flatMap((name): string[] => {
    const [want, have] = [expected.get(name), actual.headers.get(name)];
    if (want === undefined && have === undefined) return [];
    if (want === undefined || have === undefined) return [`header ${name}: ${have} instead of ${want}`];
    if (name === 'content-length' && (!isLengthKnown || recorded.bodyType === 'empty')) return [];
    const isEqual = want.length === have.length && want.every((value, n) => names.matches(value, have[n] ?? ''));
    return isEqual ? [] : [`header ${name}: ${have} instead of ${want}`];
  });
}

interface Binary {
  readonly $binary: { readonly length: number; readonly sha256?: string };
  readonly $parts?: readonly { readonly headers: Readonly<Record<string, string>>; readonly body: Binary }[];
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

function bodyDifferences({ bodyType, body }: RecordedResponse, actual: Buffer, names: Placeholders): string[] {
  if (bodyType === 'empty') return actual.length === 0 ? [] : [`a body of ${actual.length} bytes instead of none`];
  if (bodyType === 'text') {
    const isEqual = names.matches(String(body).replaceAll('\r\n', '\n'), actual.toString().replaceAll('\r\n', '\n'));
    return isEqual ? [] : [`text ${JSON.stringify(actual.toString())} instead of ${JSON.stringify(body)}`];
  }
  if (bodyType === 'binary') return binaryDifferences(body as Binary, actual);
  try {
    return jsonDifferences('body', body, JSON.parse(actual.toString()), names);
  } catch {
    return [`no JSON: ${actual.toString().slice(0, 200)}`];
  }
}

function binaryDifferences({ $binary, $parts }: Binary, actual: Buffer): string[] {
  if (actual.length !== $binary.length) return [`${actual.length} bytes instead of ${$binary.length}`];
  if ($parts === undefined) return sha256(actual) === $binary.sha256 ? [] : ['other bytes than recorded'];
  // multipart/byteranges: the parts stand between blank lines and boundaries.
  const text = actual.toString('latin1');
  return $parts.flatMap(({ headers, body }) => {
    const head = Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
    const at = text.indexOf(`${head}\r\n`);
    if (at < 0) return [`no part with ${head}`];
    const start = at + head.length + 2;
    return binaryDifferences(body, actual.subarray(start, start + body.$binary.length));
  });
}

function jsonDifferences(at: string, recorded: unknown, actual: unknown, names: Placeholders): string[] {
  if (Array.isArray(recorded) && Array.isArray(actual)) {
    if (recorded.length !== actual.length) return [`${at} has ${actual.length} items instead of ${recorded.length}`];
    return recorded.flatMap((item, n) => jsonDifferences(`${at}[${n}]`, item, actual[n], names));
  }
  if (isObject(recorded) && isObject(actual)) {
    const [want, have] = [Object.keys(recorded).sort(), Object.keys(actual).sort()];
    if (want.join() !== have.join()) return [`${at} has the keys ${have} instead of ${want}`];
    return want.flatMap((key) => jsonDifferences(`${at}.${key}`, recorded[key], actual[key], names));
  }
  if (typeof recorded === 'string' && typeof actual === 'string') {
    return names.matches(recorded, actual)
      ? []
      : [`${at} is ${JSON.stringify(actual)} instead of ${JSON.stringify(recorded)}`];
  }
  return recorded === actual ? [] : [`${at} is ${JSON.stringify(actual)} instead of ${JSON.stringify(recorded)}`];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
