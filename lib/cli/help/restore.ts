import { CREDENTIALS, EXITS, STORE } from './parts.ts';

export const restoreHelp = `offsite restore --local --manager NAME --manager-url URL [flags]

Runs the restore state machine on this machine: picks an archive, checks the manager, hands the
archive over, restores, and compares what the manager holds then with the archive.

The manager that is restored to
  --manager NAME          its name, as for an export
  --manager-url URL       https://manager.example.com; once per node of a cluster
${CREDENTIALS}
  --restored-username NAME  with --restored-password-file FILE: what is good after the restore,
                          when the archive brings other passwords than the manager has now

Which archive
  --from DIR              a folder with archives (default: ./offsite-data)
${STORE}
  --source-manager NAME   whose archives (default: those of --manager)
  --archive latest|ID     the newest, or one by its id (default: latest)
  --as-of TIME            the newest one that was finished by an ISO time
  --archive-url URL       an archive from elsewhere

How
  --force                 restore over what is there; asks first, unless --yes
  --yes                   do not ask
  --no-recreate-deployments-envs  leave the environments of deployments out
  --restore-certificates  the archive's certificates as well; the manager reboots
  --no-reboot             ... or does not
  --tenant-name NAME      the tenant to upload and restore in (default: that of --tenant)
  --method auto|url|stream  the manager fetches the archive by URL, or is sent it (default: auto)
  --allow-partial         differences that remain are no failure
  --dry-run               look, plan, change nothing; 1 if the restore would be refused
  --drill                 for practice: what was restored is removed again afterwards
  --drill-target          with --drill: this manager may be overwritten by drills
  --reason TEXT           for the record
  --json                  one JSON document on standard output: the report, or the plan
  --verbose               warnings of the steps on standard error

${EXITS}`;
