import { setTimeout as sleep } from 'node:timers/promises';

/** Looks again and again. Throws when it takes too long, or when a person wants it to end. */
export async function until<T>(
  what: string,
  limitMs: number,
  lookMs: number,
  signal: AbortSignal,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    signal.throwIfAborted();
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > deadline)
      throw new Error(`After ${Math.round(limitMs / 60_000)} minutes it is still not so that ${what}.`);
    await sleep(lookMs, undefined, { signal });
  }
}
