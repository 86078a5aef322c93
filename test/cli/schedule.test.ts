import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CronExpressionParser } from 'cron-parser';
import { Cron } from 'croner';
import { CronJob } from 'kubernetes-models/batch/v1/CronJob';
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { cronTimes } from '../../lib/cli/commands/schedule/cron-line.ts';
import { onCalendar } from '../../lib/cli/commands/schedule/on-calendar.ts';
import { parseCommandLine } from '../../lib/cli/parse.ts';
import { runsBetween } from '../../lib/config/schedule.ts';
import { commandLine } from '../support/command-line.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite schedule-'));
});
afterAll(async () => await rm(dir, { recursive: true, force: true }));

const local = { urls: ['https://m.example.com'], username: 'admin', passwordFile: 'secrets/prod', caFile: 'ca.pem' };
const prod = { id: 'prod', local, schedule: 'cron(0 4 ? * MON-FRI *)', timeZone: 'Europe/Berlin', flexibleMinutes: 20 };
const lab = { id: 'lab', schedule: null, drillTarget: true, local: { urls: local.urls, tokenEnv: 'LAB_TOKEN' } };
const whole = {
  version: 2,
  managers: [{ ...prod, drill: { onto: 'lab' } }, lab, { id: 'elsewhere', schedule: 'rate(1 hour)' }],
  local: { folder: 'back up 100%' },
  notifications: { emails: ['backup@example.com', 'ops@example.com'] },
};

async function schedule(line: string, config: object = whole) {
  const file = join(dir, 'offsite.json');
  await writeFile(file, JSON.stringify(config));
  return await commandLine(['schedule', ...line.split(' ').filter(Boolean)], {
    terminal: { env: { OFFSITE_CONFIG: file } },
  });
}

/** A year with both changes of the clocks in all zones below. */
const YEAR = { from: new Date('2027-01-01T00:00:00Z'), to: new Date('2028-01-01T00:00:00Z') };
const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

/** Around the changes of the clocks; for what runs often, of which a year is too much. */
const CHANGES = ['2027-03-13', '2027-03-27', '2027-04-03', '2027-10-02', '2027-10-30', '2027-11-06'].map((day) => ({
  from: new Date(`${day}T12:00:00Z`),
  to: new Date(Date.parse(`${day}T12:00:00Z`) + 36 * 3_600_000),
}));

/** What systemd itself makes of the times, in a span; at most so many. */
function bySystemd(times: readonly string[], { from, to }: typeof YEAR, most: number): Date[] {
  const base = new Date(from.getTime() - 1000).toISOString().replace(/T(.*)\..*/, ' $1 UTC');
  const found = times.flatMap((one) => {
    const words = ['calendar', `--iterations=${most}`, `--base-time=${base}`, one];
    const out = execFileSync('systemd-analyze', words, { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } });
    return [...out.matchAll(/(?:Next elapse|Iter\. #\d+): \w+ (\S+) (\S+) UTC/g)].map(
      ([, day, time]) => new Date(`${day}T${time}Z`),
    );
  });
  return found
    .filter((at) => at < to)
    .sort((a, b) => a.getTime() - b.getTime())
    .slice(0, most);
}

const EXPRESSIONS = [
  'cron(0 4 * * ? *)',
  'cron(30 2 * * ? *)',
  'cron(0 * * * ? *)',
  'cron(15,45 0/6 ? * MON-FRI *)',
  'cron(0 10 ? * 7#1 *)',
  'cron(0 10 ? * 2#5 *)',
  'cron(0 3 ? * 6L *)',
  'cron(0 3 ? * L *)',
  'cron(59 23 L * ? *)',
  'cron(0 1 1,15 JAN-JUN,DEC ? *)',
  'cron(0 12 29 2 ? *)',
  'cron(0/20 8-10 ? 3,10 SUN *)',
  'cron(0 6 ? * 2-4,SAT 2027-2030)',
  'at(2027-03-28T03:30:15)',
];
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'];

describe.skipIf(!hasSystemd)('systemd', () => {
  test.each(EXPRESSIONS)(
    '%s: systemd-analyze has the times of a year that EventBridge has, in every zone',
    (expression) => {
      for (const zone of ZONES) {
        const month = new Date('2027-02-01T00:00:00Z');
        const isOften = runsBetween(expression, zone, YEAR.from, month).length > 40;
        for (const span of isOften ? CHANGES : [YEAR]) {
          const wanted = runsBetween(expression, zone, span.from, span.to);
          const found = bySystemd(onCalendar(expression, zone), span, Math.max(1, wanted.length));
          expect(found, `${zone}: ${onCalendar(expression, zone).join(' | ')}`).toEqual(wanted);
        }
      }
    },
  );

  test.each([
    ['rate(1 minute)', 60],
    ['rate(20 minutes)', 1200],
    ['rate(1 hour)', 3600],
    ['rate(12 hours)', 43_200],
    ['rate(1 day)', 86_400],
  ])('%s: each run so many seconds after the last, also over changes of the clocks', (expression, seconds) => {
    const found = bySystemd(
      onCalendar(expression, 'Europe/Berlin'),
      seconds < 43_200 ? (CHANGES[1] ?? YEAR) : YEAR,
      400,
    );
    const gaps = found.slice(1).map((at, n) => (at.getTime() - (found[n]?.getTime() ?? 0)) / 1000);
    expect([...new Set(gaps)]).toEqual([seconds]);
  });

  test('systemd-analyze verify takes the units, which have limits, a lock-down and a unit for failures', async () => {
    const units = join(dir, 'units');
    await writeFile(join(dir, 'offsite.json'), JSON.stringify(whole));
    const shown = await commandLine(
      ['schedule', '--systemd', '--program', process.execPath, '--user', 'root', '--output', units],
      {
        terminal: { env: { OFFSITE_CONFIG: join(dir, 'offsite.json') } },
      },
    );
    expect(shown.code).toBe(0);
    const files = (await readdir(units)).sort();
    const timers = [...(shown.err.match(/enable --now (.*)/)?.[1] ?? '').split(' ')].sort();
    expect(timers).toEqual(files.filter((file) => file.endsWith('.timer')));
    expect(files).toEqual([
      ...[
        'offsite-drill-prod.service',
        'offsite-drill-prod.timer',
        'offsite-expiry.service',
        'offsite-expiry.timer',
        'offsite-export-prod.service',
        'offsite-export-prod.timer',
      ],
      ...['offsite-failure@.service', 'offsite-reconciliation.service', 'offsite-reconciliation.timer'],
      ...['offsite-report.service', 'offsite-report.timer'],
      ...['offsite-verification.service', 'offsite-verification.timer'],
    ]);
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...files.map((file) => join(units, file))], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
    const service = await readFile(join(units, 'offsite-export-prod.service'), 'utf8');
    for (const line of [
      'OnFailure=offsite-failure@%n.service',
      'ProtectSystem=strict',
      'MemoryMax=512M',
      'TimeoutStartSec=172800',
      'User=root',
    ])
      expect(service).toContain(`\n${line}\n`);
    expect(service).toContain(`\nReadWritePaths="${dir}/back up 100%%"\n`);
    const timer = await readFile(join(units, 'offsite-export-prod.timer'), 'utf8');
    expect(timer).toContain('\nOnCalendar=Mon,Tue,Wed,Thu,Fri *-*-* 04:00:00 Europe/Berlin\n');
    for (const line of ['Persistent=true', 'RandomizedDelaySec=1200']) expect(timer).toContain(`\n${line}\n`);
  });
});

const now = YEAR.from;
const plain = EXPRESSIONS.filter((one) => !/L|2027|#|30 2|0 \*|8-10/.test(one));

test.each(plain)('%s in a crontab: the times of a year, by two readers of crontabs', (expression) => {
  for (const zone of ['UTC', 'Europe/Berlin', 'America/New_York']) {
    const wanted = runsBetween(expression, zone, YEAR.from, YEAR.to).slice(0, 300);
    const { fields, timeZone } = cronTimes(expression, zone, now);
    const before = new Date(YEAR.from.getTime() - 1000);
    const croner = new Cron(fields, { timezone: timeZone }).nextRuns(wanted.length, before);
    const parsed = CronExpressionParser.parse(fields, { currentDate: before, tz: timeZone }).take(wanted.length);
    expect(croner, `${zone}: ${fields}`).toEqual(wanted);
    expect(
      parsed.map((one) => one.toDate()),
      `${zone}: ${fields}`,
    ).toEqual(wanted);
  }
});

test('the first Saturday in a crontab: seven days and the weekday, which the shell checks', () => {
  const { fields, timeZone, onlyOn } = cronTimes('cron(0 10 ? * 7#1 *)', 'Europe/Berlin', now);
  expect([fields, onlyOn]).toEqual(['0 10 1-7 * *', 6]);
  const days = new Cron(fields, { timezone: timeZone })
    .nextRuns(84, YEAR.from)
    .filter((at) => at.getUTCDay() === onlyOn);
  expect(days).toEqual(runsBetween('cron(0 10 ? * 7#1 *)', 'Europe/Berlin', YEAR.from, YEAR.to));
});

test('a crontab: PATH, MAILTO, zones, one lock and one limit for each line; cron and the shell read it as it is meant', async () => {
  const { code, out } = await schedule(`--cron --program ${join(dir, 'off').replace(' ', '_')}`);
  expect(code).toBe(0);
  expect(out).toContain('\nPATH=/usr/local/sbin:');
  expect(out).toContain('\nMAILTO=backup@example.com,ops@example.com\n');
  expect(out.match(/^CRON_TZ=.*$/gm)).toEqual(['CRON_TZ=Europe/Berlin', 'CRON_TZ=UTC']);
  const lines = out.split('\n').filter((line) => /^\d/.test(line));
  expect(lines).toHaveLength(6);
  expect(lines[0]).toMatch(
    /^0 4 \* \* 1,2,3,4,5 flock -n "\$HOME\/\.offsite-export-prod\.lock" timeout -k 600 172800 /,
  );
  expect(lines[1]).toMatch(/^0 10 1-7 \* \* \[ "\$\(TZ=Europe\/Berlin date \+\\%w\)" = 6 \] && flock /);
  for (const line of lines) {
    // cron takes a bare percent sign for the end of the command.
    expect(line.replaceAll('\\%', '')).not.toContain('%');
    const command = line.split(' ').slice(5).join(' ').replaceAll('\\%', '%');
    expect(spawnSync('sh', ['-n', '-c', command]).status, command).toBe(0);
  }
  expect(lines[5]).toMatch(/^0 7 1 \* \* flock .* report --local --keep --config /);
  // The name of the configuration has a blank.
  expect(lines[0]).toContain(`--config '${join(dir, 'offsite.json')}' --quiet`);
});

test('Kubernetes: the schemas of its API take every document; no run beside another, limits, secrets as files', async () => {
  const config = { ...whole, managers: [prod, { ...lab, schedule: 'rate(12 hours)' }] };
  const { code, out } = await schedule(
    '--kubernetes --image registry.example.com/offsite:1 --namespace backup',
    config,
  );
  expect(code).toBe(0);
  const documents = parseAllDocuments(out).map((one) => one.toJS());
  expect(documents.map(({ kind, metadata }) => `${kind} ${metadata.namespace}/${metadata.name}`)).toEqual([
    ...['PersistentVolumeClaim backup/offsite-state', 'PersistentVolumeClaim backup/offsite-archives'],
    ...['CronJob backup/offsite-export-prod', 'CronJob backup/offsite-export-lab'],
    ...['CronJob backup/offsite-verification', 'CronJob backup/offsite-reconciliation'],
    'CronJob backup/offsite-expiry',
    'CronJob backup/offsite-report',
  ]);
  for (const one of documents) {
    const model = one.kind === 'CronJob' ? new CronJob(one) : new PersistentVolumeClaim(one);
    expect(() => model.validate()).not.toThrow();
  }
  expect(() =>
    new CronJob({ ...documents[2], spec: { ...documents[2].spec, concurrencyPolicy: 1 } }).validate(),
  ).toThrow();
  const { schedule: fields, timeZone, concurrencyPolicy, jobTemplate } = documents[2].spec;
  expect([fields, timeZone, concurrencyPolicy]).toEqual(['0 4 * * 1,2,3,4,5', 'Europe/Berlin', 'Forbid']);
  const { activeDeadlineSeconds, backoffLimit, template } = jobTemplate.spec;
  expect([activeDeadlineSeconds, backoffLimit]).toEqual([172_800, 0]);
  const [container] = template.spec.containers;
  expect(container).toMatchObject({
    resources: { limits: { memory: '512Mi' } },
    securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    env: expect.arrayContaining([
      { name: 'LAB_TOKEN', valueFrom: { secretKeyRef: { name: 'offsite-environment', key: 'LAB_TOKEN' } } },
    ]),
  });
  const mounted = container.volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
  expect(mounted).toEqual(
    expect.arrayContaining([
      '/etc/offsite/offsite.json',
      '/etc/offsite/secrets/prod',
      '/etc/offsite/ca.pem',
      '/etc/offsite/back up 100%',
    ]),
  );
  expect(out).toContain('--from-file=prod-prod=secrets/prod --from-file=prod-ca.pem=ca.pem');
});

test.each<[string, object, string | undefined]>([
  ['a folder', { folder: 'store' }, '0 11 * * *'],
  ['a folder, at another time', { folder: 'store', expirySchedule: 'cron(30 6 * * ? *)' }, '30 6 * * *'],
  ['a folder, by hand', { folder: 'store', expirySchedule: null }, undefined],
  ['another store', { bucket: 'backups', endpoint: 'https://s3.example.com' }, '0 11 * * *'],
  ['a bucket of AWS, whose own rules do it', { bucket: 'backups' }, undefined],
])('retention is applied by a job where no rules of a bucket do it: %s', async (_, local, at) => {
  const { code, out } = await schedule('--cron --program /usr/bin/offsite', { ...whole, local });
  const [line] = out.split('\n').filter((text) => text.includes(' retention expire '));
  expect([code, line?.split(' flock')[0]]).toEqual([0, at]);
  if (line) expect(line).toMatch(/ \/usr\/bin\/offsite retention expire --local --yes --config /);
});

test('the last line is the command that starts what was printed', async () => {
  const ends = async (line: string) => (await schedule(line)).err;
  expect(await ends('--cron --program /usr/bin/offsite')).toBe('To start them: crontab FILE\n');
  expect(
    (
      await schedule(
        '--kubernetes --image x --namespace backup',
        withProd({ schedule: 'cron(0 4 * * ? *)', drill: undefined }),
      )
    ).err,
  ).toBe('To start them: kubectl apply --namespace backup -f FILE\n');
  expect(await ends('--systemd --program /usr/bin/offsite')).toContain(
    'systemctl daemon-reload && systemctl enable --now offsite-export-prod.timer ',
  );
});

const withProd = (fields: object) => ({ ...whole, managers: [{ ...prod, ...fields }] });
test.each<[string, string, object, RegExp]>([
  ['no scheduler', '', whole, /No scheduler is named: add --systemd, --cron or --kubernetes/],
  ['two of them', '--systemd --cron', whole, /cannot be used with option/],
  ['no image', '--kubernetes', whole, /--kubernetes needs --image/],
  ['a relative program', '--cron --program offsite', whole, /--program offsite: must be an absolute path/],
  [
    'no manager that is reached from here',
    '--cron',
    { managers: [{ id: 'prod' }] },
    /schedules nothing that runs from here/,
  ],
  [
    'a rate that no calendar has',
    '--systemd',
    withProd({ schedule: 'rate(5 hours)' }),
    /managers\.prod\.schedule: rate\(5 hours\) cannot be translated: .*Write it as cron/,
  ],
  [
    'the nearest weekday',
    '--systemd',
    withProd({ schedule: 'cron(0 4 15W * ? *)' }),
    /managers\.prod\.schedule: .*15W as a day of the month/,
  ],
  [
    'the last day in a crontab',
    '--cron',
    withProd({ schedule: 'cron(0 4 L * ? *)' }),
    /a crontab cannot say L \(the last day of a month\)/,
  ],
  ['years in a crontab', '--cron', withProd({ schedule: 'cron(0 4 * * ? 2027)' }), /a crontab has no years/],
  [
    'a single time in Kubernetes',
    '--kubernetes --image x',
    withProd({ schedule: 'at(2027-01-01T04:00:00)' }),
    /no years and no single times/,
  ],
  [
    'the first Saturday in Kubernetes',
    '--kubernetes --image x',
    withProd({ schedule: 'cron(0 4 ? * 7#1 *)' }),
    /a CronJob cannot say #/,
  ],
  [
    'the hour that spring skips',
    '--cron',
    withProd({ schedule: 'cron(30 2 * * ? *)' }),
    /daylight saving of Europe\/Berlin means that 20\d\d-03-\d\d 02:30 is skipped/,
  ],
  [
    'a command in a pod',
    '--kubernetes --image x',
    withProd({ local: { urls: local.urls, username: 'a', passwordCommand: ['pass'] } }),
    /managers\.prod\.local\.passwordCommand cannot be run in a pod/,
  ],
])('%s: exit code 2, and nothing is printed', async (_, line, config, message) => {
  const { code, out, err } = await schedule(line, config);
  expect([code, out, err]).toEqual([2, '', expect.stringMatching(message)]);
});

test('--output replaces what it has made, and nothing else', async () => {
  const output = join(dir, 'there').replace(' ', '_');
  for (const times of [1, 2])
    expect([(await schedule(`--cron --program /usr/bin/offsite --output ${output}`)).code, times]).toEqual([0, times]);
  await writeFile(join(output, 'crontab'), '0 0 * * * true\n');
  const { code, err } = await schedule(`--cron --program /usr/bin/offsite --output ${output}`);
  expect([code, err]).toEqual([2, expect.stringContaining('was not made by "offsite schedule"')]);
  await rm(output, { recursive: true });
});

describe('each command that a schedule starts', () => {
  const drill = { onto: 'lab', schedule: 'cron(0 10 1 * ? *)' };
  const managers = [{ ...prod, drill }, lab];
  const everything = {
    ...whole,
    managers,
    notifications: { ...whole.notifications, digest: { schedule: 'rate(1 day)' } },
  };
  const accepted = (words: readonly string[]) => {
    const call = parseCommandLine(words);
    return 'command' in call ? call.command.name : 'help';
  };
  const COMMANDS = ['digest', 'export', 'reconcile', 'report', 'restore', 'retention', 'verify'];

  test('of a crontab is a command line that this program takes', async () => {
    const { out } = await schedule('--cron --program /opt/offsite', everything);
    const lines = [...out.matchAll(/ \/opt\/offsite (.+)$/gm)].map(([, words = '']) => words.replaceAll('\\%', '%'));
    const words = lines.map((line) =>
      execFileSync('sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
        .split('\0')
        .slice(0, -1),
    );
    expect(words.map(accepted).sort()).toEqual(COMMANDS);
  });

  test('of Kubernetes too', async () => {
    const { out } = await schedule('--kubernetes --image offsite:1', everything);
    const jobs = parseAllDocuments(out)
      .map((one) => one.toJS())
      .filter(({ kind }) => kind === 'CronJob');
    const args = jobs.map(({ spec }) => spec.jobTemplate.spec.template.spec.containers[0].args as string[]);
    expect(args.map(accepted).sort()).toEqual(COMMANDS);
  });
});
