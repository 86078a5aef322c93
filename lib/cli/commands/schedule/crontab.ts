import { cronTimes } from './cron-line.ts';
import type { Job } from './jobs.ts';

export interface CrontabOptions {
  readonly program: readonly string[];
  readonly config: string;
  readonly mailTo: readonly string[];
  readonly now: Date;
}

/** A crontab of one user. `timesOf` throws `RangeError` for a schedule. */
export function crontab(jobs: readonly Job[], { program, config, mailTo, now }: CrontabOptions): string {
  const entries = jobs.map((job) => ({ job, ...cronTimes(job.expression, job.timeZone, now) }));
  const zones = Map.groupBy(entries, ({ timeZone }) => timeZone);
  const sections = [...zones].map(([timeZone, all]) => {
    const lines = all.map(
      ({ job, fields, onlyOn }) =>
        `# ${job.description}: ${job.expression}\n${fields} ${onlyOnText(onlyOn, timeZone)}${commandOf(job)}`,
    );
    return `CRON_TZ=${timeZone}\n${lines.join('\n')}\n`;
  });
  return `${HEAD}MAILTO=${mailTo.join(',') || 'root'}\n\n${sections.join('\n')}`;

  /** flock: not while the last one runs. timeout: SIGTERM after the limit, so that it cleans up. */
  function commandOf({ name, args, limitSeconds }: Job): string {
    const words = [...program, ...args, '--config', config, '--quiet'].map(quoted).join(' ');
    const guarded = `flock -n "$HOME/.offsite-${name}.lock" timeout -k 600 ${limitSeconds} ${words}`;
    // cron ends a command at a percent sign and gives it the rest as its input.
    return guarded.replaceAll('%', '\\%');
  }
}

/** The fields name seven days, and this leaves one of them. */
const onlyOnText = (weekday: number | undefined, timeZone: string) =>
  weekday === undefined ? '' : `[ "$(TZ=${timeZone} date +\\%w)" = ${weekday} ] && `;

const HEAD = `# Made by "offsite schedule --cron". Install it with: crontab FILE
# CRON_TZ is read by cronie (Fedora, RHEL, SUSE, Arch). Debian's cron ignores it and takes the time zone of the machine.
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
`;

const quoted = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
