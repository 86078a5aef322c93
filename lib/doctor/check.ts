import { OffsiteError } from '../base/errors.ts';
import type { Check } from './contract.ts';

export const ok = (what: string, text: string): Check => ({ what, state: 'ok', text });
export const warning = (what: string, text: string): Check => ({ what, state: 'warning', text });
export const failed = (what: string, text: string): Check => ({ what, state: 'failed', text });
export const notChecked = (what: string, text: string): Check => ({ what, state: 'not checked', text });

/** A check that throws has failed, with what it threw. */
export async function checked(what: string, work: () => Promise<Check | readonly Check[]>): Promise<readonly Check[]> {
  try {
    return [await work()].flat();
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return [failed(what, error instanceof OffsiteError || name !== 'Error' ? `${name}: ${message}` : message)];
  }
}
