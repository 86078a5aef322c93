import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROFILES } from '../../tools/sample/profiles.ts';
import { ReportInBrowser } from './in-browser.ts';

let report: ReportInBrowser;
beforeAll(async () => {
  report = await ReportInBrowser.make(PROFILES.slice(0, 1), 120);
}, 120_000);
afterAll(async () => await report?.stop());

test('the simulator says what offsite retention plan says of the same change', async () => {
  const { page, odd } = await report.open('manager-prod-frankfurt.html');
  await page.getByLabel('Daily, days').fill('9');
  await page.getByLabel('Of these hidden').fill('2');
  const said = await page.locator('#simulated').textContent();
  const { out } = await report.world.offsite(
    'retention',
    'plan',
    '--json',
    '--manager',
    'prod-frankfurt',
    '--config',
    report.world.path('offsite.json'),
    '--daily',
    '9',
    '--undo-days',
    '2',
  );
  const plan = JSON.parse(out) as {
    archives: unknown[];
    changed: { archives: { now: { goneAt: string | null }; changed: { goneAt: string | null } }[] };
  };
  const end = (time: string | null) => (time === null ? Number.POSITIVE_INFINITY : Date.parse(time));
  const sooner = plan.changed.archives.filter(({ now, changed }) => end(changed.goneAt) < end(now.goneAt)).length;
  expect(sooner).toBeGreaterThan(5);
  expect(said).toContain(`of ${plan.archives.length} archives would stay`);
  expect(said).toContain(`${sooner} would go sooner`);
  await page.getByLabel('Daily, days').fill('500');
  expect(await page.locator('#simulated').textContent()).toMatch(/must not be fewer than those of daily/);
  await page.getByRole('button', { name: 'Back to the policy in force' }).click();
  expect(await page.locator('#simulated').textContent()).toMatch(/^The policy in force/);
  expect(odd).toEqual([]);
  await page.context().close();
});
