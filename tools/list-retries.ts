import { readFile, writeFile } from 'node:fs/promises';
import * as errors from '../lib/base/errors.ts';
import { type StepName, stepNames } from '../lib/base/step-names.ts';
import { longestWait, ofEveryStep, type Retrier, retriersOf } from '../lib/workflow/retries.ts';

/**
 * Writes the column "Retried" of docs/reference/errors.md, and its list of what is retried when a function gives no answer, from the
 * table of steps: `node tools/list-retries.ts`. The rest of that page is written by hand.
 */

/** From here to the next blank line stands the list. */
const LIST = '<!-- Made by tools/list-retries.ts -->\n';
/** A budget of so many steps is given without their names. */
const MANY = 6;

/** The page with what the table says now. */
export function withRetries(page: string): string {
  const at = page.indexOf(LIST) + LIST.length;
  const text = `${page.slice(0, at)}${list()}${page.slice(page.indexOf('\n\n', at))}`;
  return text.replaceAll(/^(\| `(\w+)` \|.*\|) [^|]* \|$/gm, (row: string, cells: string, name: string) =>
    name in errors ? `${cells} ${budgets(name) || 'no'} |` : row,
  );
}

function list(): string {
  const [faults = '', noRoom = ''] = ofEveryStep.map(budgetOf);
  return [
    `- Faults of Lambda itself (\`Lambda.ServiceException\` and the like): ${faults}`,
    `- No room for the function (\`Lambda.TooManyRequestsException\`): ${noRoom}`,
    `- No answer within the time-out, or the function was killed (\`States.Timeout\`): ${budgets('States.Timeout')}`,
  ].join('\n');
}

/** `11 times in 35 min, jitter; in CleanUp, TidyTarget 4 times in 150 s`; empty if no step tries this error again. */
function budgets(error: string): string {
  const stepsBy = new Map<string, StepName[]>();
  for (const step of stepNames) {
    const rule = retriersOf(step).find(({ ErrorEquals }) => (ErrorEquals as readonly string[]).includes(error));
    if (rule) stepsBy.set(budgetOf(rule), [...(stepsBy.get(budgetOf(rule)) ?? []), step]);
  }
  const [most, ...others] = [...stepsBy].sort(([, a], [, b]) => b.length - a.length);
  const named = ([budget, steps]: [string, StepName[]]) => `in ${steps.join(', ')} ${budget}`;
  if (!most) return '';
  return [most[1].length >= MANY ? most[0] : named(most), ...others.map(named)].join('; ');
}

/** `10 times in 10 min, jitter` */
function budgetOf(rule: Retrier): string {
  const wait = waitOf(rule);
  const times = rule.MaxAttempts === 1 ? `once after ${wait}` : `${rule.MaxAttempts} times in ${wait}`;
  return rule.JitterStrategy ? `${times}, jitter` : times;
}

/** All waits together, at most: `150 s`, `35 min`, `4.6 h`. */
export function waitOf(rule: Retrier): string {
  const seconds = longestWait(rule);
  if (seconds <= 180) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 360) / 10} h`;
}

if (import.meta.main) {
  const page = new URL('../docs/reference/errors.md', import.meta.url);
  await writeFile(page, withRetries(await readFile(page, 'utf8')));
}
