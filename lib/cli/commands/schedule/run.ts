import { readFile, realpath } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { InvalidConfiguration } from '../../../base/errors.ts';
import { outputRefused, writeOutputBelow } from '../../../base/output-files.ts';
import type { Given } from '../../command.ts';
import { openConfig } from '../../inputs/config-file.ts';
import { EXIT, type Terminal, UsageError } from '../../usage.ts';
import type { scheduleLiteral } from './command.ts';
import { crontab } from './crontab.ts';
import { folderOf, type Job, jobsOf } from './jobs.ts';
import { kubernetesManifests } from './kubernetes.ts';
import { podFiles } from './pod.ts';
import { systemdUnits } from './systemd.ts';

type ScheduleGiven = Given<typeof scheduleLiteral>;

/** `offsite schedule`: what another scheduler needs to start what the configuration schedules. */
export async function scheduleCommand(given: ScheduleGiven, terminal: Terminal): Promise<number> {
  if (!given.systemd && !given.cron && !given.kubernetes)
    throw new UsageError('No scheduler is named: add --systemd, --cron or --kubernetes.');
  const files = await made(given, terminal);
  if (given.output === undefined) terminal.out.write(printed(files, given));
  else terminal.out.write(await written(given.output, files));
  terminal.err.write(startedBy(files, given));
  return EXIT.ok;
}

/** File names and what is in them. */
async function made(given: ScheduleGiven, { clock }: Terminal): Promise<ReadonlyMap<string, string>> {
  if (given.config === undefined)
    throw new UsageError('No configuration is named: add --config FILE, or set OFFSITE_CONFIG.');
  const named = await openConfig(given.config);
  const jobs = jobsOf(named);
  if (jobs.length === 0)
    throw new UsageError(
      `${given.config} schedules nothing that runs from here: no manager has both managers[].local and a schedule.`,
    );
  const common = { config: await realpath(named.file), folder: folderOf(named) };
  // Each schedule by itself first, so that a message names its field.
  const now = clock.now();
  const translated = <T>(translate: (some: readonly Job[]) => T): T => {
    for (const job of jobs) ofField(job, () => translate([job]));
    return translate(jobs);
  };
  if (given.kubernetes) {
    if (given.image === undefined)
      throw new UsageError('--kubernetes needs --image NAME (docs/how-to/install.md builds one).');
    const { image, namespace } = given;
    return translated((some) => kubernetesManifests(some, { ...named, files: podFiles(named), image, namespace, now }));
  }
  const program = await programOf(given.program);
  if (given.systemd) return translated((some) => systemdUnits(some, { ...common, program, user: given.user }));
  const mailTo = named.config.notifications.emails;
  return translated((some) => new Map([['crontab', crontab(some, { ...common, program, mailTo, now })]]));
}

function ofField<T>({ field, expression }: Job, translate: () => T): T {
  try {
    return translate();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidConfiguration(`${field}: ${expression} cannot be translated: ${error.message}.`);
  }
}

/** By absolute names, because timers have another PATH than a shell. */
async function programOf(given: string | undefined): Promise<readonly string[]> {
  if (given !== undefined && !isAbsolute(given)) throw new UsageError(`--program ${given}: must be an absolute path.`);
  if (given !== undefined) return [given];
  return [process.execPath, ...process.execArgv, await realpath(process.argv[1] ?? '')];
}

function printed(files: ReadonlyMap<string, string>, { systemd }: ScheduleGiven): string {
  const [only = ''] = files.values();
  if (!systemd) return only;
  return [...files].map(([name, text]) => `# /etc/systemd/system/${name}\n${text}`).join('\n');
}

/** What is left to do, for a person: nothing is installed here. */
function startedBy(files: ReadonlyMap<string, string>, { systemd, kubernetes, namespace }: ScheduleGiven): string {
  const timers = [...files.keys()].filter((name) => name.endsWith('.timer'));
  if (systemd) return `To start them: systemctl daemon-reload && systemctl enable --now ${timers.join(' ')}\n`;
  const where = namespace === undefined ? '' : ` --namespace ${namespace}`;
  return `To start them: ${kubernetes ? `kubectl apply${where} -f` : 'crontab'} FILE\n`;
}

const MARK = 'Made by "offsite schedule';
const OUTPUT = { option: '--output', is: 'folder' } as const;

/** As if it were ours when there is none. */
async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return MARK;
    throw outputRefused(error, path, OUTPUT);
  }
}

async function written(folder: string, files: ReadonlyMap<string, string>): Promise<string> {
  const paths = [...files].map(([name, text]) => ({ path: join(resolve(folder), name), text }));
  for (const { path } of paths) {
    const before = await contentOf(path);
    if (!before.includes(MARK))
      throw new UsageError(
        `--output ${folder}: ${path} is there and was not made by "offsite schedule". Remove it first.`,
      );
  }
  for (const { path, text } of paths) {
    await writeOutputBelow(path, text, OUTPUT);
  }
  return paths.map(({ path }) => `${path}\n`).join('');
}
