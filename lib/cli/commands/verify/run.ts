import type { Terminal } from '../../usage.ts';
import { type VerifyGiven, verifyInput } from './input.ts';

/** `offsite verify [ARCHIVE]`: reads stored archives again, on this machine with `--local`, else in AWS. */
export async function verifyCommand(given: VerifyGiven, terminal: Terminal): Promise<number> {
  const input = verifyInput(given);
  if (given.local) return await (await import('./here.ts')).localVerify(given, input, terminal);
  return await (await import('./in-aws.ts')).deployedVerify(input, given, terminal);
}
