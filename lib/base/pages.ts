/** What a page says of the one after it. */
export interface PageEnd<At> {
  /** Another page follows. */
  readonly isTruncated: boolean;
  /** Where it begins: a token or a marker. */
  readonly next: At | undefined;
}

/**
 * The pages of a list, one request each, until a page says that it is the last. This is the only loop over pages of AWS
 * and of S3. A list must never end early, nor run for ever: `broken` makes the error for a reply that says that more
 * follows and not where, or that leads back to a page that was read already.
 */
export async function* pagesOf<Page, At>(
  read: (at: At | undefined) => Promise<Page>,
  endOf: (page: Page) => PageEnd<At>,
  broken: (what: string) => Error,
): AsyncGenerator<Page, void, undefined> {
  const seen = new Set<string>();
  for (let at: At | undefined; ; ) {
    const page = await read(at);
    const { isTruncated, next } = endOf(page);
    yield page;
    if (!isTruncated) return;
    if (next === undefined) throw broken('says that more follows, and does not say where it begins');
    const key = JSON.stringify(next);
    if (seen.has(key)) throw broken('leads back to a page that was read already');
    seen.add(key);
    at = next;
  }
}
