import type { DeployedSchedule } from '../base/deployed-schedule.ts';
import { nextRun, parseSchedule } from '../config/schedule.ts';
import type { Expected } from './expected.ts';

/** What runs is what is deployed; what the file says beside that is a difference. `deployed` null: there is none. */
export function asDeployed(expected: Expected, deployed: DeployedSchedule | null, now: Date): Expected {
  const { configured } = expected;
  const base = { ...expected, nextRunBy: 'schedule', schedule: deployed } as const;
  if (deployed === null) {
    if (!configured) return { ...base, nextRun: 'none' };
    const why = `its schedule is not deployed (the file says ${textOf(configured)})`;
    return { ...base, nextRun: 'none', oddities: [why], isBroken: true };
  }
  if (!deployed.isEnabled)
    return { ...base, nextRun: 'none', oddities: ['its schedule is disabled'], isBroken: configured !== null };
  return { ...base, nextRun: runOf(deployed, now), oddities: difference(expected, deployed) };
}

function difference({ configured }: Expected, deployed: DeployedSchedule): string[] {
  if (configured === undefined) return [];
  if (configured === null) return [`is scheduled (${textOf(deployed)}), and the file says: by hand only`];
  const [real, file] = [textOf(deployed), textOf(configured)];
  return real === file ? [] : [`its schedule is ${real}, and the file says ${file}: not deployed yet`];
}

const textOf = ({ expression, timeZone }: Pick<DeployedSchedule, 'expression' | 'timeZone'>) =>
  `${expression} ${timeZone}`;

/** A rate counts from when its schedule was made, which nobody says. */
function runOf({ expression, timeZone }: DeployedSchedule, now: Date): string {
  if (parseSchedule(expression).kind === 'rate') return 'unknown';
  return nextRun(expression, timeZone, now)?.toISOString() ?? 'none';
}
