import { command, option } from '../../command.ts';
import { LOCAL_ONLY } from '../../groups.ts';

export const scheduleLiteral = command({
  name: 'schedule',
  group: LOCAL_ONLY,
  summary: 'print systemd units, a crontab or Kubernetes manifests for the schedules of the configuration',
  about: `Translates the schedules of the configuration for another scheduler: exports of each manager that has
managers[].local, verification, reconciliation and drills. A schedule that the other scheduler cannot express exactly is
refused. Installs nothing.`,
  arguments: [],
  options: [
    option('--systemd', 'services and timers', { conflicts: ['--cron', '--kubernetes'] }),
    option('--cron', 'a crontab', { conflicts: ['--kubernetes'] }),
    option('--kubernetes', 'CronJobs and the claims that they need'),
    option('--config <FILE>', 'the configuration', { env: 'OFFSITE_CONFIG' }),
    option('--output <DIR>', 'write files into this folder instead of printing them'),
    option('--program <FILE>', 'the absolute path of offsite on the machine that runs it (default: this program)', {
      conflicts: ['--kubernetes'],
    }),
    option('--user <NAME>', 'with --systemd: the user that runs it (default: that of the service manager)', {
      needs: '--systemd',
    }),
    option('--image <NAME>', 'with --kubernetes, required: the image', { needs: '--kubernetes' }),
    option('--namespace <NAME>', 'with --kubernetes: the namespace (default: that of kubectl)', {
      needs: '--kubernetes',
    }),
  ],
  exits:
    'Exit codes: 0 printed or written, 2 the configuration or a schedule cannot be translated, and nothing was written.',
  see: 'how-to/scheduling.md',
  prints: 'document',
});
