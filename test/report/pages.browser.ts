import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Profile } from '../../tools/sample/profiles.ts';
import { PROFILES } from '../../tools/sample/profiles.ts';
import { ReportWorld } from './world.ts';

/** Run by test/report/main.ts, which finds a browser. */
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

let world: ReportWorld;
let browser: Browser;
beforeAll(async () => {
  world = await ReportWorld.make([...PROFILES.slice(0, 3), hostile], '2026-11-30T09:00:00.000Z', 120);
  const { err } = await world.report('--html', world.path('out'));
  expect(err).toBe('');
  browser = await chromium.launch({
    executablePath: process.env['OFFSITE_TEST_BROWSER'] ?? '',
    args: ['--no-sandbox'],
  });
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await world?.remove();
});

/** A page from the disk, and everything that it did which it must not. */
async function open(name: string, options: BrowserContextOptions = {}): Promise<{ page: Page; odd: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const odd: string[] = [];
  const file = pathToFileURL(world.path('out', name)).href;
  page.on('console', (message) => odd.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => odd.push(`error: ${error.message}`));
  page.on('request', (request) => request.url() !== file && odd.push(`request: ${request.url()}`));
  await page.goto(file);
  return { page, odd };
}

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** By the debugger, which the page's policy does not bind. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = (await page.evaluate('axe.run().then(({ violations }) => violations)')) as Violation[];
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`);
}

const PAGES = ['index.html', 'manager-prod-virginia.html', 'manager-hostile.html'];
const LOOKS = [
  ['phone', { viewport: { width: 375, height: 812 }, colorScheme: 'light' }],
  ['laptop, dark', { colorScheme: 'dark' }],
] as const;

test.each(PAGES.flatMap((name) => LOOKS.map(([look, options]) => ({ name, look, options }))))(
  '$name on a $look: no request, no message, nothing that axe-core objects to, no scrolling sideways',
  async ({ name, options }) => {
    const { page, odd } = await open(name, options);
    expect(await violations(page)).toEqual([]);
    const width = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    expect(width).toBeLessThanOrEqual(0);
    expect(odd).toEqual([]);
    expect(await page.evaluate('window.evil')).toBeUndefined();
    await page.context().close();
  },
);

test('the policy holds: a script or a handler that something puts into the page does not run', async () => {
  const { page, odd } = await open('manager-hostile.html');
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
  const { page } = await open('manager-prod-frankfurt.html', { javaScriptEnabled: false });
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

test('the simulator says what offsite retention plan says of the same change', async () => {
  const { page, odd } = await open('manager-prod-frankfurt.html');
  await page.getByLabel('Daily, days').fill('9');
  await page.getByLabel('Of these hidden').fill('2');
  const said = await page.locator('#simulated').textContent();
  const { out } = await world.offsite(
    'retention',
    'plan',
    '--json',
    '--manager',
    'prod-frankfurt',
    '--config',
    world.path('offsite.json'),
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

test('by keyboard: the first stop skips to the content, every link leads somewhere, findings lead to the runbook', async () => {
  const { page } = await open('index.html');
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

test('it prints: pages of A4 without the simulator, light also in the dark', async () => {
  const { page } = await open('manager-prod-frankfurt.html', { colorScheme: 'dark' });
  const pdf = await page.pdf({ format: 'A4', printBackground: true });
  const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  expect(pages).toBeGreaterThan(8);
  expect(pages).toBeLessThan(22);
  await page.emulateMedia({ media: 'print' });
  expect(await page.locator('#simulator').isVisible()).toBe(false);
  expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
  await page.context().close();
});

test('printed, what is closed on the screen is on the paper: every run, archive and input; the runbook is not', async () => {
  const { page } = await open('manager-prod-frankfurt.html', { javaScriptEnabled: false });
  const isShown = async () =>
    await page
      .locator('details')
      .evaluateAll((all) =>
        all.map((one) => [
          String(one.className.includes('article')),
          one.lastElementChild?.checkVisibility({ contentVisibilityAuto: true }) === true,
        ]),
      );
  expect((await isShown()).filter(([, shown]) => shown)).toEqual([]);
  await page.emulateMedia({ media: 'print' });
  const printed = await isShown();
  expect(printed.filter(([isArticle]) => isArticle === 'false')).toEqual(Array(3).fill(['false', true]));
  expect(printed.filter(([isArticle, shown]) => isArticle === 'true' && shown)).toEqual([]);
  expect(await page.locator('.if-closed:visible').count()).toBe(0);
  await page.context().close();
});

test('on a phone restores, policy and controls are read without scrolling sideways', async () => {
  const { page } = await open('manager-prod-frankfurt.html', { viewport: { width: 375, height: 812 } });
  const wider = await page
    .locator('table.stack')
    .evaluateAll((all) => all.map((one) => one.scrollWidth - (one.parentElement?.clientWidth ?? 0)));
  expect(wider).toHaveLength(3);
  expect(Math.max(...wider)).toBeLessThanOrEqual(0);
  await page.context().close();
});

test('the page of 300 managers is small and opens in less than two seconds of the browser', async () => {
  const many = Array.from({ length: 300 }, (_, at) => ({ ...PROFILES[at % 7], id: `manager-${at}` }) as Profile);
  const fleet = await ReportWorld.make(many, '2026-11-30T09:00:00.000Z', 3);
  try {
    expect((await fleet.report('--html', fleet.path('out'))).err).toBe('');
    const context = await browser.newContext();
    const spent: number[] = [];
    // The least of three: what else this machine does is not the page's.
    for (let times = 0; times < 3; times += 1) {
      const page = await context.newPage();
      const debug = await context.newCDPSession(page);
      await debug.send('Performance.enable');
      await page.goto(pathToFileURL(fleet.path('out', 'index.html')).href);
      await page.screenshot();
      const { metrics } = await debug.send('Performance.getMetrics');
      spent.push(metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN);
      expect(await page.locator('table.fleet tbody tr').count()).toBe(300);
      await page.close();
    }
    expect(Math.min(...spent)).toBeLessThan(2);
    expect((await stat(fleet.path('out', 'index.html'))).size).toBeLessThan(5e6);
    await context.close();
  } finally {
    await fleet.remove();
  }
}, 180_000);

test('printed, no chart is wider than its card: on paper nothing can be scrolled', async () => {
  // The width of A4 without its margins.
  const { page } = await open('manager-prod-frankfurt.html', { viewport: { width: 703, height: 1000 } });
  await page.emulateMedia({ media: 'print' });
  const wider = await page.evaluate(
    `[...document.querySelectorAll('.chart svg')].filter((svg) => svg.getBoundingClientRect().right > svg.closest('.card').getBoundingClientRect().right + 1).length`,
  );
  expect(wider).toBe(0);
  await page.context().close();
});
