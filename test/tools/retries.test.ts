import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { ofEveryStep, type Retrier, retries } from '../../lib/workflow/retries.ts';
import { waitOf, withRetries } from '../../tools/list-retries.ts';

const read = (page: string) => readFile(new URL(`../../${page}`, import.meta.url), 'utf8');

test('docs/reference/errors.md says what tools/list-retries.ts reads from the table of steps as it is now', async () => {
  const page = await read('docs/reference/errors.md');
  expect(withRetries(page)).toBe(page);
  // A page without the place for the list, or a row without the column, would never be out of step.
  const wrong = page.replace('| no |', '| 7 times in 1 min |').replace(/^- Faults of Lambda itself.*$/m, '- none');
  expect(withRetries(wrong)).toBe(page);
  expect(wrong).not.toBe(page);
});

const { busyForHours, busy, manager, managerAway, storage, uploadLost } = retries;
const noRoom = ofEveryStep.find(({ ErrorEquals }) =>
  ErrorEquals.includes('Lambda.TooManyRequestsException'),
) as Retrier;

test.each([
  [
    'reference/limits.md',
    `tried again for ${waitOf(busyForHours)}, up to ${waitOf(manager)}; before a restore for ${waitOf(busy)}, up to ${waitOf(managerAway)}`,
  ],
  ['reference/cost.md', `A busy manager, for ${waitOf(busyForHours)}: ${busyForHours.MaxAttempts + 1} calls`],
  ['tutorials/aws.md', `timed out\`, after ${waitOf(managerAway)}`],
  ['reference/configuration.md', `the others wait, for up to ${waitOf(noRoom)} each`],
  ['explanation/restore.md', `It waits up to ${waitOf(uploadLost)} for a node`],
  ['explanation/restore.md', `\`ManagerBusy\` (after ${waitOf(busy)})`],
  ['explanation/hazards.md', `look first, try again for ${waitOf(busy)}`],
  ['explanation/verify.md', `storage did not answer for ${waitOf(storage)}`],
  ['runbook/managerbusy-for-two-hours.md', `FindManager tries for the same ${waitOf(busyForHours)}`],
  ['runbook/managerbusy-for-two-hours.md', `waits ${waitOf(busy)} later on`],
  ['runbook/the-whole-cluster-is-down.md', `after ${waitOf(manager)} of attempts`],
  ['runbook/an-export-takes-too-long.md', `\`ManagerBusy\` for ${waitOf(busyForHours)}`],
  ['runbook/the-active-node-is-down.md', `Steps try again for ${waitOf(manager)}`],
])('docs/%s gives the budget of the table: %s', async (page, text) => {
  expect(await read(`docs/${page}`)).toContain(text);
});
