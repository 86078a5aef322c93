/** What the daily call of a function in a VPC sends. No step takes it for its input. */
export const PING = { ping: true } as const;

export function isPing(event: unknown): boolean {
  const names = typeof event === 'object' && event !== null ? Object.keys(event) : [];
  return names.length === 1 && (event as { ping?: unknown }).ping === true;
}
