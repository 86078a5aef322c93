import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What a store lacks of S3, in front of one that has it. `asks`: `GET /bucket/key?query`, and `If-Match` where there is one. */
export interface Lack {
  readonly asks: RegExp;
  /** Answered instead of asking the store. */
  readonly refused?: { readonly status: number; readonly code: string; readonly message?: string };
  /** Taken out of the answer's XML. */
  readonly strips?: readonly (readonly [RegExp, string])[];
  /** Headers that the answer does not have, or as something else. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** A store that lacks something, and what it was asked. */
export interface LesserStore {
  readonly url: string;
  readonly asked: readonly string[];
  close(): Promise<void>;
}

const notImplemented = { status: 501, code: 'NotImplemented', message: 'This header is not for us.' };

/** Stores as they are, by what they lack (docs/reference/stores.md). */
export const LACKS = {
  'lists parts without CRC-32': [
    { asks: /^GET .*uploadId=/, strips: [[/<ChecksumCRC32>[^<]*<\/ChecksumCRC32>/g, '']] },
  ],
  'shows no checksum of an object': [
    { asks: /^(HEAD|GET) /, headers: { 'x-amz-checksum-crc32': undefined, 'x-amz-checksum-type': undefined } },
  ],
  'shows a checksum of the checksums of parts': [
    { asks: /^HEAD /, headers: { 'x-amz-checksum-crc32': 'AAAAAA==-3', 'x-amz-checksum-type': 'COMPOSITE' } },
  ],
  'names no versions, and refuses the id "null"': [
    { asks: /versionId=null/, refused: { status: 400, code: 'InvalidArgument' } },
    { asks: /./, headers: { 'x-amz-version-id': undefined } },
    { asks: /^GET .*[?&]versions/, strips: [[/<VersionId>[^<]*<\/VersionId>/g, '<VersionId>null</VersionId>']] },
  ],
  'names no versions, and has no list of them': [
    { asks: /versionId=/, refused: { status: 404, code: 'NoSuchVersion' } },
    { asks: /^GET .*[?&]versions/, refused: notImplemented },
    { asks: /./, headers: { 'x-amz-version-id': undefined } },
  ],
  'names versions, and has no list of them': [{ asks: /^GET .*[?&]versions/, refused: notImplemented }],
  'says "not allowed" to a list of versions': [
    { asks: /^GET .*[?&]versions/, refused: { status: 405, code: 'MethodNotAllowed' } },
  ],
  'has no tags': [{ asks: /[?&]tagging/, refused: notImplemented }],
  'names no version of tags': [{ asks: /^GET .*[?&]tagging/, headers: { 'x-amz-version-id': undefined } }],
  'lists open uploads of a whole key only': [
    { asks: /^GET (?=.*[?&]uploads)(?=.*prefix=(?![^&]*\.zip(&|$)))/, strips: [[/<Upload>.*?<\/Upload>/gs, '']] },
  ],
  'has no list of open uploads': [{ asks: /^GET .*[?&]uploads/, refused: notImplemented }],
  'says "no such upload" of an empty list': [
    { asks: /^GET .*[?&]uploads/, refused: { status: 404, code: 'NoSuchUpload' } },
  ],
} as const satisfies Readonly<Record<string, readonly Lack[]>>;

/** A bucket that was made without Object Lock, as MinIO answers for it. */
export const LOCKLESS: readonly Lack[] = [
  { asks: /^GET .*[?&]object-lock/, refused: { status: 404, code: 'ObjectLockConfigurationNotFoundError' } },
  {
    asks: /^PUT .*[?&]retention/,
    refused: { status: 400, code: 'InvalidRequest', message: 'Bucket is missing ObjectLockConfiguration' },
  },
];

/** A store that has no Object Lock at all. */
export const UNKNOWN_LOCK: readonly Lack[] = [{ asks: /[?&](object-lock|retention)/, refused: notImplemented }];

/** What nothing of ours can replace, and what a person must read about it. */
export const REFUSED = {
  'ignores If-None-Match': {
    lacks: [{ asks: /^PUT .* if-none-match/, refused: { status: 200, code: 'Fine' } }],
    says: /ignores conditional writes \(If-None-Match\)/,
  },
  'ignores If-Match': {
    lacks: [{ asks: /^PUT .* if-match/, refused: { status: 200, code: 'Fine' } }],
    says: /ignores the condition If-Match/,
  },
  'does not know If-None-Match': {
    lacks: [{ asks: /^PUT .* if-none-match/, refused: notImplemented }],
    says: /cannot write a record .*NotImplemented, HTTP 501: This header is not for us\)/,
  },
  'refuses checksums of uploads by a client error': {
    lacks: [
      { asks: /^POST .*[?&]uploads/, refused: { status: 400, code: 'NotImplemented', message: 'No FULL_OBJECT.' } },
    ],
    says: /refuses an upload with the CRC-32 .*HTTP 400: No FULL_OBJECT\)/,
  },
  'refuses the checksum of the whole': {
    lacks: [{ asks: /^POST .*uploadId=/, refused: { status: 400, code: 'BadRequest', message: 'CRC32 of what?' } }],
    says: /refuses an upload with a CRC-32 over the whole object .*BadRequest \(HTTP 400: CRC32 of what\?\)/,
  },
  'lists nothing': {
    lacks: [
      { asks: /^GET .*[?&]versions/, refused: notImplemented },
      { asks: /^GET .*list-type=2/, strips: [[/<Contents>.*?<\/Contents>/gs, '']] },
    ],
    says: /does not list what it has just stored/,
  },
  'quotes a signature': {
    lacks: [
      {
        asks: /^PUT .*partNumber/,
        refused: { status: 403, code: 'Denied', message: `not by ${'a1'.repeat(32)}, you` },
      },
    ],
    says: /Denied \(HTTP 403: not by \[…\], you\)/,
  },
} as const satisfies Readonly<Record<string, { readonly lacks: readonly Lack[]; readonly says: RegExp }>>;

export async function startLesserStore(store: string, lacks: readonly Lack[]): Promise<LesserStore> {
  const asked: string[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const asks = askOf(incoming);
    asked.push(asks);
    const body = await buffer(incoming);
    const mine = lacks.filter((lack) => lack.asks.test(asks));
    const refused = mine.find((lack) => lack.refused)?.refused;
    if (refused) {
      const { status, code, message = 'No.' } = refused;
      const xml = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
      outgoing
        .writeHead(status, { 'content-type': 'application/xml' })
        .end(incoming.method === 'HEAD' || status === 200 ? '' : xml);
      return;
    }
    const { hostname, port } = new URL(store);
    const { method, url: path, headers } = incoming;
    const passed = request({ hostname, port, path, method, headers, agent: false }, async (answer) => {
      const changed = Object.assign({}, ...mine.map((lack) => lack.headers ?? {}));
      const strips = mine.flatMap((lack) => lack.strips ?? []);
      const bytes = await buffer(answer);
      const text = strips.reduce((xml, [what, by]) => xml.replace(what, by), strips.length > 0 ? bytes.toString() : '');
      const sent = strips.length > 0 ? Buffer.from(text) : bytes;
      const all: Record<string, unknown> = { ...answer.headers, ...changed };
      if (method !== 'HEAD') Object.assign(all, { 'content-length': sent.length, 'transfer-encoding': undefined });
      const left = Object.entries(all).filter(([, value]) => value !== undefined);
      outgoing.writeHead(answer.statusCode ?? 500, Object.fromEntries(left) as Record<string, string>).end(sent);
    });
    passed.on('error', () => outgoing.destroy());
    passed.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close };
}

function askOf({ method, url, headers }: IncomingMessage): string {
  const conditions = ['if-match', 'if-none-match'].filter((name) => headers[name] !== undefined);
  return [`${method} ${url}`, ...conditions].join(' ');
}
