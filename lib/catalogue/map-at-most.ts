/** `Promise.all` over a list, of which at most `most` are at work at once. The order stays; the first failure is thrown. */
export async function mapAtMost<A, R>(most: number, list: readonly A[], work: (item: A) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array(list.length);
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < list.length; at = next++) results[at] = await work(list[at] as A);
  };
  await Promise.all(Array.from({ length: Math.min(most, list.length) }, worker));
  return results;
}
