/**
 * Passes a body on and fails unless it has exactly `length` bytes: HTTP libraries let short ones end in silence
 *. `broken` names what the socket threw, `short` how many bytes are missing.
 */
export async function* exactly(
  body: AsyncIterable<Buffer>,
  length: number,
  failure: { broken(error: unknown): Error; short(missing: number): Error },
): AsyncGenerator<Buffer> {
  let left = length;
  try {
    for await (const chunk of body) {
      left -= chunk.length;
      yield chunk;
    }
  } catch (error) {
    throw failure.broken(error);
  }
  if (left !== 0) throw failure.short(left);
}
