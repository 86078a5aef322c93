import { command, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { json } from '../../options/run.ts';
import { month, time } from '../../options/values.ts';

export const reportLiteral = command({
  name: 'report',
  group: BOTH,
  summary: 'write a report for people and auditors: are we safe, and what proves it',
  about: `Writes web pages that show whether every manager is protected, with all runs, archives, restores and the records that
prove them: one page for all managers and one for each, beside it. Pages are self-contained and can be sent by mail.
Without --html, --json or --csv it writes them into the folder offsite-report. In AWS a report is kept in the bucket once a
month: --open shows the newest one.`,
  arguments: [],
  options: [
    option('--manager <NAME>', 'this manager only, in one page'),
    option('--since <DATE>', 'the beginning, a date (UTC) or an ISO time (default: 90 days before the end)', {
      parse: time,
    }),
    option('--until <DATE>', 'the end of the period (default: now)', { parse: time }),
    option('--html <PATH>', 'a file (*.html) for the first page, or a folder'),
    json,
    option('--csv', 'print one line for each run on standard output', { conflicts: ['--json'] }),
    option(
      '--open',
      'fetch the newest report that was kept, check its signature and digests, and show it in the browser',
      {
        conflicts: ['--json', '--csv', '--since', '--until', '--keep'],
      },
    ),
    option('--month <YYYY-MM>', 'the newest report of this month', { needs: '--open', parse: month }),
    option('--keep', 'make the report that is kept once a month now: pages, JSON and CSV in the bucket, signed', {
      conflicts: ['--html', '--csv', '--since', '--until', '--manager'],
    }),
    ...archives,
  ],
  exits: `Exit codes: 0 every manager is protected (with --open: the report is what was signed), 1 a manager is at risk or the report could not be made, 2 the command line
or the configuration is wrong, 130 interrupted.`,
  see: 'how-to/report.md',
});
