import type { Check } from '../../../doctor/contract.ts';
import type { Given } from '../../command.ts';
import type { doctorLiteral } from './command.ts';

export type DoctorGiven = Given<typeof doctorLiteral>;

/** How the checks of one manager ended; the document of `--json`. */
export interface Checked {
  readonly outcome: 'succeeded' | 'failed';
  readonly manager: string;
  readonly checks: readonly Check[];
}
