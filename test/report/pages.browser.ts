import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROFILES, type Profile } from '../../tools/sample/profiles.ts';
import { ReportInBrowser, violations } from './in-browser.ts';

const EVIL = `</script><script>window.evil=1</script><img src="https://example.com/x" onerror="window.evil=1">${'long '.repeat(2000)}`;
const hostile: Profile = {
  ...{
    id: 'hostile',
    schedule: 'cron(0 2 * * ? *)',
    timeZone: 'Asia/Kolkata',
    hour: 2,
    version: '7.0.5',
    bytes: 2 ** 30,
  },
  ...{ growth: 1, items: { tenants: 3, deployments: 40 }, failsOneOf: 9, failed: [[3, 1, 'SnapshotFailed', EVIL]] },
  kept: [[9, EVIL]],
};

let report: ReportInBrowser;
beforeAll(async () => {
  report = await ReportInBrowser.make([...PROFILES.slice(0, 3), hostile], 120);
}, 120_000);
afterAll(async () => await report?.stop());

const PAGES = ['index.html', 'manager-prod-virginia.html', 'manager-hostile.html'];
const LOOKS = [
  ['phone', { viewport: { width: 375, height: 812 }, colorScheme: 'light' }],
  ['laptop, dark', { colorScheme: 'dark' }],
] as const;

test.each(PAGES.flatMap((name) => LOOKS.map(([look, options]) => ({ name, look, options }))))(
  '$name on a $look: no request, no message, nothing that axe-core objects to, no scrolling sideways',
  async ({ name, options }) => {
    const { page, odd } = await report.open(name, options);
    expect(await violations(page)).toEqual([]);
    // What is closed nothing has looked at yet.
    await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
    expect(await violations(page)).toEqual([]);
    const width = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    expect(width).toBeLessThanOrEqual(0);
    expect(odd).toEqual([]);
    expect(await page.evaluate('window.evil')).toBeUndefined();
    await page.context().close();
  },
);

test('the policy holds: a script or a handler that something puts into the page does not run', async () => {
  const { page, odd } = await report.open('manager-hostile.html');
  await page.evaluate(`
    const script = document.createElement('script'); script.textContent = 'window.evil = 1'; document.body.append(script);
    document.body.insertAdjacentHTML('beforeend', '<button id="b" onclick="window.evil = 1" style="color:red">b</button>');
    document.getElementById('b').click();
    fetch('https://example.com/').catch(() => 0);`);
  expect(await page.evaluate('window.evil')).toBeUndefined();
  expect(odd.filter((one) => /Content Security Policy/.test(one)).length).toBeGreaterThanOrEqual(3);
  await page.context().close();
});

test('without JavaScript everything is there but the simulator', async () => {
  const { page } = await report.open('manager-prod-frankfurt.html', { javaScriptEnabled: false });
  for (const heading of [
    'Runs',
    'Size and content',
    'Retention',
    'Restores and restore tests',
    'Policy and protection',
    'Controls',
  ])
    expect(await page.getByRole('heading', { name: heading, exact: true }).isVisible()).toBe(true);
  expect(await page.locator('#simulator').isVisible()).toBe(false);
  expect(await page.locator('#ladder svg').isVisible()).toBe(true);
  await page.context().close();
});

test('by keyboard: the first stop skips to the content, every link leads somewhere, findings lead to the runbook', async () => {
  const { page } = await report.open('index.html');
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
  const broken = await page.evaluate(
    `[...document.querySelectorAll('a[href^="#"]')].filter((a) => !document.getElementById(a.hash.slice(1))).map((a) => a.hash)`,
  );
  expect(broken).toEqual([]);
  await page.locator('.finding a[href^="#runbook-"]').first().click();
  expect(await page.locator('.article[open]').count()).toBe(1);
  await page.getByRole('link', { name: 'prod-virginia', exact: true }).last().click();
  expect(await page.title()).toContain('prod-virginia');
  await page.getByRole('link', { name: 'All managers' }).click();
  expect(await page.title()).toBe('Backup report');
  await page.context().close();
});

test('on a phone runs, archives, restores, policy and controls are read without scrolling sideways', async () => {
  const { page } = await report.open('manager-prod-frankfurt.html', { viewport: { width: 375, height: 812 } });
  await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`);
  const wider = await page
    .locator('table.stack')
    .evaluateAll((all) => all.map((one) => one.scrollWidth - (one.parentElement?.clientWidth ?? 0)));
  // Runs, archives, restores, policy and controls.
  expect(wider.length).toBeGreaterThanOrEqual(5);
  expect(Math.max(...wider)).toBeLessThanOrEqual(0);
  await page.context().close();
});
