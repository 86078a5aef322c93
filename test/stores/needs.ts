/** Behaviours of test/conformance without which a store cannot be used. All others are replaced or not relied upon. */
export const NEEDED: readonly string[] = [
  'a part sent again takes the place of the first',
  'after an abort there is no upload and no object',
  'If-None-Match: * writes once',
  'of many that write with If-None-Match at once, one succeeds',
  'If-Match replaces what it knows, and nothing else',
  'a range is answered with exactly that range',
  'a key that is not there is NoSuchKey',
  'a list has what is below its prefix, in the order of UTF-8',
  'a delimiter folds what lies deeper, also across pages',
  'a list of more than 1,000 comes in pages of 1,000',
  'a list does not have what is deleted',
];

/** The same where the bucket has versions. */
export const NEEDED_OF_VERSIONS: readonly string[] = [
  'an overwritten version stays readable by its id',
  'a range of a version is answered with exactly that range',
  'all versions and markers are listed, newest first',
  'versions are listed page by page, none twice and none left out',
];
