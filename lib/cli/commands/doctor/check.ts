/** How one check ended. `what` is the same in every run. */
export interface Check {
  readonly what: string;
  readonly state: 'ok' | 'warning' | 'failed' | 'not checked';
  /** What was found, and what to do. */
  readonly text: string;
}

export const ok = (what: string, text: string): Check => ({ what, state: 'ok', text });
export const warning = (what: string, text: string): Check => ({ what, state: 'warning', text });
export const notChecked = (what: string, text: string): Check => ({ what, state: 'not checked', text });

/** A check that throws has failed, with what it threw. */
export async function checked(what: string, work: () => Promise<Check | readonly Check[]>): Promise<readonly Check[]> {
  try {
    return [await work()].flat();
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return [{ what, state: 'failed', text: `${name}: ${message}` }];
  }
}
