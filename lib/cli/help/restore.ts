import { CREDENTIALS, EXITS, IN_AWS, STORE } from './parts.ts';

export const restoreHelp = `offsite restore --manager NAME [flags]         starts the restore that is deployed in AWS
offsite restore --local --manager NAME --manager-url URL [flags]   runs it on this machine

Picks an archive, checks the manager, hands the archive over, restores, and compares what the
manager holds then with the archive.

Which archive, to which manager
  --manager NAME          the manager that is restored to
  --source-manager NAME   whose archives (default: those of --manager)
  --archive latest|ID     the newest, or one by its id (default: latest)
  --as-of TIME            the newest one that was finished by an ISO time
  --archive-url URL       an archive from elsewhere

How
  --force                 restore over what is there; looks and asks first, unless --yes
  --yes                   do not ask
  --no-recreate-deployments-envs  leave the environments of deployments out
  --restore-certificates  the archive's certificates as well; the manager reboots
  --no-reboot             ... or does not
  --tenant-name NAME      the tenant to upload and restore in (default: that of the credentials)
  --method auto|url|stream  the manager fetches the archive by URL, or is sent it (default: auto)
  --allow-partial         differences that remain are no failure
  --dry-run               look, plan, change nothing; 1 if the restore would be refused
  --drill                 for practice: what was restored is removed again afterwards
  --reason TEXT           for the record
  --json                  one JSON document on standard output: the report, or the plan

In AWS
${IN_AWS}
  --restored-secret NAME  the manager whose secret is good after the restore, when the archive brings
                          other passwords than the manager has now

With --local
  --manager-url URL       https://manager.example.com; once per node of a cluster
${CREDENTIALS}
  --restored-username NAME  with --restored-password-file FILE: what is good after the restore
  --drill-target          with --drill: this manager may be overwritten by drills
  --from DIR              a folder with archives (default: ./offsite-data)
${STORE}
  --verbose               warnings of the steps on standard error

${EXITS}`;
