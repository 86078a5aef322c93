import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { days } from '../lib/base/durations.ts';
import { pemSigner } from '../lib/signing/signer.ts';
import { PROFILES, type Profile } from '../tools/sample/profiles.ts';
import { sampleConfig, writeSampleYear } from '../tools/sample/year.ts';
import { delayed } from './delayed.ts';
import { nodeFlags } from './first-line.ts';
import { measure } from './measure.ts';

/**
 * `node bench/report.ts [--managers 300] [--runs 400] [--in folder,store] [--latency 20] [--command dist/cli/offsite.mjs]
 * [--browser /usr/bin/chromium] [--every 1] [--keep DIR]`: what `offsite report` takes for so many managers with so many daily runs
 * each: seconds, CPU seconds, peak resident memory, the largest file, and how long its pages take to open. With a latency
 * each reply of the store comes so many ms later. `--keep` leaves the made-up past in that folder, and takes it from there.
 */
const { values } = parseArgs({
  options: {
    managers: { type: 'string', default: '300' },
    runs: { type: 'string', default: '400' },
    in: { type: 'string', default: 'folder,store' },
    latency: { type: 'string', default: '20' },
    command: { type: 'string', default: 'bin/offsite.ts' },
    browser: { type: 'string', default: '/usr/bin/chromium' },
    every: { type: 'string', default: '1' },
    keep: { type: 'string' },
  },
});
const command = resolve(fileURLToPath(new URL('..', import.meta.url)), values.command);
const node = `${process.execPath} ${nodeFlags.join(' ')}`;
const NOW = new Date(Math.floor(Date.now() / days(1)) * days(1));
const home = values.keep === undefined ? await mkdtemp(join(tmpdir(), 'offsite-report-')) : resolve(values.keep);
const print = (text: string) => process.stdout.write(`${text}\n`);

/** The seven of the sample, over and over, under names of their own. */
const profiles: Profile[] = Array.from({ length: Number(values.managers) }, (_, at) => {
  const profile = PROFILES[at % PROFILES.length];
  if (!profile) throw new Error('The sample has no profile.');
  return { ...profile, id: `${profile.id}-${at}` };
});

async function grow(): Promise<void> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const pem = String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'key.pem'), pem, { mode: 0o600 });
  await writeFile(join(home, 'offsite.json'), JSON.stringify(sampleConfig(profiles)));
  await writeSampleYear(join(home, 'backups'), {
    ...{ now: NOW, days: Number(values.runs), profiles },
    signer: pemSigner(pem, 'key'),
  });
}

/** `local-s3` in front of the folder, with the keys that it prints. */
async function serve(env: Record<string, string>): Promise<{ url: string; stop: () => void }> {
  const args = [command, 'local-s3', '--dir', join(home, 'backups')];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((found, reject) => {
    server.stdout.on('data', (text: Buffer) => {
      for (const [, name = '', value = ''] of text.toString().matchAll(/^(AWS_\w+)=(.*)$/gm)) env[name] = value;
      const address = /https?:\/\/[\d.:]+/.exec(text.toString())?.[0];
      if (address) found(address);
    });
    server.on('exit', (code) => reject(new Error(`local-s3 ended with ${code}`)));
  });
  return { url: await delayed(url, Number(values.latency)), stop: () => server.kill() };
}

async function report(place: string, from: string, env: Record<string, string>): Promise<string> {
  const out = join(home, `report-${place}`);
  await rm(out, { recursive: true, force: true });
  const since = new Date(NOW.getTime() - days(Number(values.runs))).toISOString();
  const flags = `--local ${from} --config ${home}/offsite.json --signing-key ${home}/key.pem --since ${since} --html ${out}`;
  // 1: a manager is at risk.
  const found = await measure(`${node} ${command} report ${flags}; [ $? -le 1 ]`, { XDG_STATE_HOME: home, ...env });
  const sizes = readdirSync(out).map((name) => statSync(join(out, name)).size);
  print(
    `${values.managers} managers with ${values.runs} runs in a ${place}: ${found.seconds.toFixed(1)} s, ` +
      `${found.cpuSeconds.toFixed(1)} CPU s, ${(found.peakRss / 1e6).toFixed(0)} MB; ${sizes.length} files, the largest ` +
      `${(Math.max(...sizes) / 1e6).toFixed(2)} MB, the first ${(statSync(join(out, 'index.html')).size / 1e6).toFixed(2)} MB`,
  );
  return out;
}

/** From the order to open a page until it is drawn, for every `--every`th page and the first. */
async function open(dir: string): Promise<void> {
  if (!existsSync(values.browser)) {
    print(`Pages were not opened: there is no ${values.browser}.`);
    return;
  }
  const browser = await chromium.launch({ executablePath: values.browser, args: ['--no-sandbox'] });
  const names = readdirSync(dir).filter((name, at) => name === 'index.html' || at % Number(values.every) === 0);
  const spent: { name: string; ms: number }[] = [];
  for (const name of names) {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const began = performance.now();
    await page.goto(pathToFileURL(join(dir, name)).href, { waitUntil: 'load' });
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
    spent.push({ name, ms: Math.round(performance.now() - began) });
    await page.close();
  }
  await browser.close();
  const bySlowness = spent.sort((a, b) => b.ms - a.ms);
  const [slowest, middle] = [bySlowness[0], bySlowness[bySlowness.length >> 1]];
  const first = spent.find(({ name }) => name === 'index.html');
  print(
    `${spent.length} pages were opened one after the other: the middle one is drawn after ${middle?.ms} ms, index.html ` +
      `after ${first?.ms} ms, the slowest (${slowest?.name}) after ${slowest?.ms} ms`,
  );
}

try {
  if (!existsSync(join(home, 'backups'))) await grow();
  const places = values.in.split(',');
  let out: string | undefined;
  if (places.includes('folder')) out = await report('folder', `--from ${home}/backups`, {});
  if (places.includes('store')) {
    const env: Record<string, string> = {};
    const { url, stop } = await serve(env);
    try {
      out = await report('store', `--s3-endpoint ${url} --bucket offsite`, env);
    } finally {
      stop();
    }
  }
  if (out !== undefined) await open(out);
} finally {
  if (values.keep === undefined) await rm(home, { recursive: true, force: true });
}
