import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Names of Chromium where systems have it. */
const NAMES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Debian's package, where this machine can install it. */
function install(): void {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  const quiet = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
  try {
    execFileSync('apt-get', ['update', '-q'], quiet);
    execFileSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'], quiet);
  } catch {
    // Said below: there is still none.
  }
}

const find = () => NAMES.find((name) => existsSync(name));
if (find() === undefined) install();
const browser = find();
if (browser === undefined) {
  process.stdout.write(
    '\n*** NOT RUN: the tests of the report in a browser. There is no Chromium here, and it could not be installed.\n*** Install it (Debian: apt-get install chromium) and run: npm run test:report\n\n',
  );
} else {
  const { status } = spawnSync('vitest', ['run', '--config', 'vitest.report.config.ts', ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, OFFSITE_TEST_BROWSER: browser },
  });
  process.exitCode = status ?? 1;
}
