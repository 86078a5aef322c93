import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Profile } from '../../tools/sample/profiles.ts';
import { ReportWorld } from './world.ts';

/** The pages of a made-up past, in the browser that test/report/main.ts has found. */
export class ReportInBrowser {
  readonly world: ReportWorld;
  readonly browser: Browser;

  private constructor(world: ReportWorld, browser: Browser) {
    this.world = world;
    this.browser = browser;
  }

  static async make(profiles: readonly Profile[], days: number): Promise<ReportInBrowser> {
    const world = await ReportWorld.make(profiles, '2026-11-30T09:00:00.000Z', days);
    const { err } = await world.report('--html', world.path('out'));
    expect(err).toBe('');
    const executablePath = process.env['OFFSITE_TEST_BROWSER'] ?? '';
    return new ReportInBrowser(world, await chromium.launch({ executablePath, args: ['--no-sandbox'] }));
  }

  fileOf(name: string): string {
    return this.world.path('out', name);
  }

  /** A page from the disk, and everything that it did which it must not. */
  async open(name: string, options: BrowserContextOptions = {}): Promise<{ page: Page; odd: string[] }> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    const odd: string[] = [];
    const file = pathToFileURL(this.fileOf(name)).href;
    page.on('console', (message) => odd.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => odd.push(`error: ${error.message}`));
    page.on('request', (request) => request.url() !== file && odd.push(`request: ${request.url()}`));
    await page.goto(file);
    return { page, odd };
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.world.remove();
  }
}

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** By the debugger, which the page's policy does not bind. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = (await page.evaluate('axe.run().then(({ violations }) => violations)')) as Violation[];
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)} ${nodes[0]?.failureSummary}`);
}
