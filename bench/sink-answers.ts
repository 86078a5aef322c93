export interface Head {
  readonly method: string;
  readonly target: string;
  readonly headers: ReadonlyMap<string, string>;
}

/** Bytes by key: rclone looks afterwards whether all of them came. */
const sizes = new Map<string, number>();
let uploads = 0;

/** What S3 would say, as far as the copiers look at it. `received`: bytes of the body. */
export function answerTo({ method, target, headers }: Head, received: number): string {
  const url = new URL(target, 'http://sink');
  const has = (name: string) => url.searchParams.has(name);
  const add = () => sizes.set(url.pathname, (sizes.get(url.pathname) ?? 0) + payloadOf(headers, received));
  if (method === 'POST' && has('uploads')) {
    sizes.delete(url.pathname);
    return xml(
      `<InitiateMultipartUploadResult>${at(url)}<UploadId>u${++uploads}</UploadId></InitiateMultipartUploadResult>`,
    );
  }
  if (method === 'POST' && has('uploadId')) {
    return xml(`<CompleteMultipartUploadResult>${at(url)}<ETag>"0-1"</ETag></CompleteMultipartUploadResult>`);
  }
  if (method === 'GET' && has('uploadId'))
    return xml('<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>');
  if (method === 'PUT') {
    if (has('partNumber')) add();
    else sizes.set(url.pathname, payloadOf(headers, received));
    return reply(200, 'ETag: "d41d8cd98f00b204e9800998ecf8427e"\r\nContent-Length: 0');
  }
  if (method === 'HEAD') return head(url.pathname);
  return method === 'DELETE'
    ? reply(204, '')
    : xml('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>');
}

/** Without the frames of `aws-chunked`, which some clients send around it. */
function payloadOf(headers: ReadonlyMap<string, string>, received: number): number {
  return Number(headers.get('x-amz-decoded-content-length') ?? received);
}

function head(path: string): string {
  const size = sizes.get(path);
  const isBucket = path.split('/').filter(Boolean).length < 2;
  if (size === undefined && !isBucket) return reply(404, 'Content-Length: 0');
  return reply(200, `Content-Length: ${size ?? 0}\r\nETag: "0-1"\r\nLast-Modified: Sun, 22 Nov 2026 02:00:00 GMT`);
}

function at(url: URL): string {
  const [, bucket = '', ...key] = url.pathname.split('/');
  return `<Bucket>${bucket}</Bucket><Key>${key.join('/')}</Key>`;
}

function xml(body: string): string {
  const text = `<?xml version="1.0" encoding="UTF-8"?>${body}`;
  return `${reply(200, `Content-Type: application/xml\r\nContent-Length: ${text.length}`)}${text}`;
}

function reply(status: number, fields: string): string {
  return `HTTP/1.1 ${status} ${status < 300 ? 'OK' : 'Not Found'}\r\n${fields}${fields && '\r\n'}\r\n`;
}
