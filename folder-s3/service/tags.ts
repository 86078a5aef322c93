import { childText, parseXml } from '../http/xml.ts';
import { S3Error } from '../s3-error.ts';
import type { Tag } from '../store/version.ts';

const MAX_TAGS = 10; // S3's own limits, all four
const MAX_KEY = 128;
const MAX_VALUE = 256;
const CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Reads the header x-amz-tagging. @example 'expire=held&team=a%20b' */
export function tagsOfHeader(header: string | undefined): readonly Tag[] {
  if (header === undefined || header === '') return [];
  return checked([...new URLSearchParams(header)].map(([key, value]) => ({ key, value })));
}

/** Reads the body of PutObjectTagging. */
export function tagsOfXml(text: string): readonly Tag[] {
  const [tagSet, ...others] = parseXml(text, 'Tagging').children;
  if (tagSet?.name !== 'TagSet' || others.length > 0) throw new S3Error('MalformedXML');
  return checked(
    tagSet.children.map((tag) => {
      const key = childText(tag, 'Key');
      const value = childText(tag, 'Value');
      if (tag.name !== 'Tag' || key === undefined || value === undefined) throw new S3Error('MalformedXML');
      return { key, value };
    }),
  );
}

function checked(tags: readonly Tag[]): readonly Tag[] {
  const reason =
    tags.length > MAX_TAGS
      ? `Object tags cannot be greater than ${MAX_TAGS}`
      : new Set(tags.map((tag) => tag.key)).size < tags.length
        ? 'Cannot provide multiple Tags with the same key'
        : tags.some(({ key }) => key.length < 1 || key.length > MAX_KEY || !CHARACTERS.test(key))
          ? 'The TagKey you have provided is invalid'
          : tags.some(({ value }) => value.length > MAX_VALUE || !CHARACTERS.test(value))
            ? 'The TagValue you have provided is invalid'
            : undefined;
  if (reason !== undefined) throw new S3Error('InvalidTag', { message: reason });
  return tags;
}
