import { generateKeyPairSync } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { main } from '../lib/cli/main.ts';
import { pemSigner } from '../lib/signing/signer.ts';
import { sampleConfig, writeSampleYear } from './sample/year.ts';

/**
 * `node tools/report-picture.ts [--browser /usr/bin/chromium]` draws the picture of the README, light and dark: the first
 * screen of the report of a made-up year of seven managers.
 */
const { values } = parseArgs({ options: { browser: { type: 'string', default: '/usr/bin/chromium' } } });
const NOW = new Date('2026-11-30T09:00:00Z');
/** Its name is in the picture, so it is the same each time. */
const dir = join(tmpdir(), 'cloudify');
await mkdir(dir);
const docs = fileURLToPath(new URL('../docs/pictures/', import.meta.url));

try {
  const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const pem = String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeFile(join(dir, 'key.pem'), pem, { mode: 0o600 });
  await writeFile(join(dir, 'offsite.json'), JSON.stringify(sampleConfig()));
  await writeSampleYear(join(dir, 'backups'), { now: NOW, days: 400, signer: pemSigner(pem, 'key') });
  process.chdir(dir);
  const args = [
    'report',
    '--local',
    '--from',
    'backups',
    '--config',
    'offsite.json',
    '--signing-key',
    'key.pem',
    '--html',
    'out',
  ];
  await main(args, {
    out: process.stdout,
    err: process.stderr,
    interrupt: new AbortController().signal,
    signing: { stateFolder: join(dir, 'state') },
    clock: { now: () => NOW, sleep: async () => undefined },
    env: {},
  });
  const browser = await chromium.launch({ executablePath: values.browser, args: ['--no-sandbox'] });
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 1480 } });
    await page.goto(pathToFileURL(join(dir, 'out', 'index.html')).href);
    await page.screenshot({ path: join(docs, `report-${colorScheme}.png`) });
  }
  await browser.close();
} finally {
  await rm(dir, { recursive: true, force: true });
}
