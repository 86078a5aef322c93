import { S3Error } from '../s3-error.ts';

export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

/**
 * The one range that a Range header asks for; undefined when there is none, or none that S3 would honour: like S3, a
 * header of another form (several ranges, another unit) is ignored, and the answer is the whole object.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (start <= end) return { start, length: end - start + 1 };
  throw new S3Error('InvalidRange', {
    fields: { RangeRequested: header ?? '', ActualObjectSize: String(size) },
    headers: { 'content-range': `bytes */${size}` },
  });
}
