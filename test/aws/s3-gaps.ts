const api = 'https://docs.aws.amazon.com/AmazonS3/latest/API';
const guide = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide';

/**
 * What MiniStack 1.5.33 does otherwise than S3, by the title of the behaviour in test/conformance, with the page of AWS
 * that says so. A behaviour that it learns makes the suite fail, so this list stays true.
 */
export const s3Gaps: Readonly<Record<string, string>> = {
  // Takes more than ten tags, and empty keys.
  'tags that S3 does not take are InvalidTag': `${guide}/object-tagging.html`,
  // Sends the first page once more.
  'a continuation token that nobody gave is refused': `${api}/API_ListObjectsV2.html`,
  // Sends the whole version, with 200. Mended for the deployed tests (emulator.py).
  'a range of a version is answered with exactly that range': `${api}/API_GetObject.html`,
  // Always makes the composite checksum, and refuses that of the whole as BadDigest. Mended for the deployed tests.
  // Forgets the tags.
  'parts become one object with a full-object checksum, size, tags and metadata': `${guide}/checking-object-integrity.html`,
  'S3 sums the whole itself when nobody tells it': `${guide}/checking-object-integrity.html`,
  // Leaves out the algorithm and the type of the checksum.
  'parts are listed with number, size, ETag and checksum, page by page': `${api}/API_ListParts.html`,
  // Makes an empty object.
  'a Complete without parts is MalformedXML': `${api}/API_CompleteMultipartUpload.html`,
  // Sorts them.
  'a Complete in the wrong order is InvalidPartOrder': `${api}/API_CompleteMultipartUpload.html`,
  'a small part that is not the last is EntityTooSmall': `${api}/API_CompleteMultipartUpload.html`,
  // Makes an object without a checksum.
  'a composite upload wants the checksum of every part': `${guide}/checking-object-integrity.html`,
};
