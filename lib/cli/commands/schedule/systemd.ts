import { minutes, seconds } from '../../../base/durations.ts';
import type { Job } from './jobs.ts';
import { onCalendar } from './on-calendar.ts';

export interface SystemdOptions {
  /** The program and what stands before its command. */
  readonly program: readonly string[];
  /** Absolute. */
  readonly config: string;
  /** The folder of archives; undefined: a bucket. */
  readonly folder: string | undefined;
  readonly user: string | undefined;
}

/** File names below /etc/systemd/system and what is in them. Throws `RangeError` for a schedule. */
export function systemdUnits(jobs: readonly Job[], options: SystemdOptions): Map<string, string> {
  return new Map([
    ...jobs.flatMap((job): [string, string][] => [
      [`offsite-${job.name}.service`, service(job, options)],
      [`offsite-${job.name}.timer`, timer(job)],
    ]),
    ['offsite-failure@.service', FAILURE],
  ]);
}

function timer({ name, description, expression, timeZone, flexibleMinutes }: Job): string {
  return `${MARK}
[Unit]
Description=${description} (${specifiers(expression)} in ${timeZone})

[Timer]
${onCalendar(expression, timeZone)
  .map((times) => `OnCalendar=${times}`)
  .join('\n')}
# A run that was due while the machine was off begins when it is on again.
Persistent=true
RandomizedDelaySec=${(minutes(flexibleMinutes) / seconds(1)).toFixed(0)}
AccuracySec=1s
Unit=offsite-${name}.service

[Install]
WantedBy=timers.target
`;
}

function service({ description, args, limitSeconds }: Job, { program, config, folder, user }: SystemdOptions): string {
  const words = [...program, ...args, '--config', config].map(word).join(' ');
  return `${MARK}
[Unit]
Description=${description}
Wants=network-online.target
After=network-online.target
${folder === undefined ? '' : `RequiresMountsFor=${word(folder)}\n`}OnFailure=offsite-failure@%n.service

[Service]
Type=oneshot
ExecStart=${words}
${user === undefined ? '' : `User=${user}\n`}# Credentials of AWS, and variables that passwordEnv and tokenEnv name: NAME=value, a line for each. Mode 0600.
EnvironmentFile=-/etc/offsite/environment
# The signing key is there: /var/lib/offsite.
Environment=XDG_STATE_HOME=/var/lib
StateDirectory=offsite
StateDirectoryMode=0700
UMask=0077
# SIGTERM goes to offsite alone, which cleans up.
KillMode=mixed
TimeoutStartSec=${limitSeconds}
TimeoutStopSec=600
Nice=10
CPUWeight=20
IOWeight=20
MemoryHigh=384M
MemoryMax=512M
TasksMax=128
${HARDENING}${folder === undefined ? '' : `ReadWritePaths=${word(folder)}\n`}`;
}

const MARK = '# Made by "offsite schedule --systemd".';

/** Memory that is writable and executable is what the engine of Node needs. Processes are seen by locks (/proc). */
const HARDENING = `NoNewPrivileges=true
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=true
PrivateDevices=true
ProtectKernelTunables=true
ProtectKernelModules=true
ProtectKernelLogs=true
ProtectControlGroups=true
ProtectClock=true
ProtectHostname=true
RestrictSUIDSGID=true
RestrictRealtime=true
RestrictNamespaces=true
LockPersonality=true
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
`;

/** What OnFailure starts; %i is the unit that failed. */
const FAILURE = `${MARK} Put your own notification here.
[Unit]
Description=Report of the failed unit %i

[Service]
Type=oneshot
ExecStart=/usr/bin/logger --priority daemon.err --tag offsite "%i failed. See: journalctl --unit %i"
`;

/** `%` begins a specifier. */
const specifiers = (text: string) => text.replaceAll('%', '%%');

/** One word of a line; systemd expands variables and specifiers in it. */
function word(text: string): string {
  const escaped = specifiers(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('$', '$$$$');
  return /[\s"'\\;]/.test(text) ? `"${escaped}"` : escaped;
}
