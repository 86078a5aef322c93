import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROFILES } from '../../tools/sample/profiles.ts';
import { ReportInBrowser } from './in-browser.ts';

let report: ReportInBrowser;
beforeAll(async () => {
  report = await ReportInBrowser.make(PROFILES.slice(0, 1), 120);
}, 120_000);
afterAll(async () => await report?.stop());

test('it prints: pages of A4 without the simulator, light also in the dark', async () => {
  const { page } = await report.open('manager-prod-frankfurt.html', { colorScheme: 'dark' });
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
  const { page } = await report.open('manager-prod-frankfurt.html', { javaScriptEnabled: false });
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

test('printed, no chart is wider than its card: on paper nothing can be scrolled', async () => {
  // The width of A4 without its margins.
  const { page } = await report.open('manager-prod-frankfurt.html', { viewport: { width: 703, height: 1000 } });
  await page.emulateMedia({ media: 'print' });
  const wider = await page.evaluate(
    `[...document.querySelectorAll('.chart svg')].filter((svg) => svg.getBoundingClientRect().right > svg.closest('.card').getBoundingClientRect().right + 1).length`,
  );
  expect(wider).toBe(0);
  await page.context().close();
});
