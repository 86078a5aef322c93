import { command, inGroup, localOnly, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { from, signing } from '../../options/archives.ts';
import { managerAccess } from '../../options/manager.ts';
import {
  bandwidth,
  installation,
  json,
  local,
  localConfig,
  manners,
  reason,
  verbose,
  wait,
} from '../../options/run.ts';

export const restoreLiteral = command({
  name: 'restore',
  group: BOTH,
  summary: 'restore a verified archive to a manager and compare the result with the archive',
  about: `Chooses an archive, checks the manager, hands the archive over, restores it, and compares what the manager then
holds with the archive. Starts the restore that is deployed in AWS; with --local it runs on this machine.`,
  arguments: [],
  options: [
    ...inGroup('Which archive, to which manager', [
      option('--manager <NAME>', 'the manager that is restored to', { required: true }),
      option('--source-manager <NAME>', 'the manager whose archives are used (default: that of --manager)'),
      option('--archive <ID>', 'the newest archive ("latest"), or one by its id (default: latest)', {
        conflicts: ['--as-of'],
      }),
      option('--as-of <TIME>', 'the newest archive that was completed by an ISO time'),
      option(
        '--skip-damaged',
        'if the newest archive is missing or damaged, restore the next valid one; not with --archive ID',
        {
          conflicts: ['--archive-url'],
        },
      ),
      option('--archive-url <URL>', 'an archive from elsewhere'),
    ]),
    ...inGroup('How', [
      option('--force', 'restore over what the manager holds; checks and asks first'),
      option('--yes', 'do not ask', { conflicts: ['--dry-run'] }),
      option('--no-recreate-deployments-envs', 'do not create the environments of deployments again'),
      option('--restore-certificates', "restore the archive's certificates as well; the manager reboots"),
      option('--no-reboot', 'with --restore-certificates: do not reboot the manager'),
      option('--tenant-name <NAME>', 'the tenant to upload and restore in (default: that of the credentials)'),
      option('--method <METHOD>', 'the manager fetches the archive by URL, or receives it as a stream', {
        choices: ['auto', 'url', 'stream'],
      }),
      option('--trust-storage', 'do not read the stored archive before the manager fetches it by URL'),
      option('--accept-unsigned', 'restore an archive whose record is forged or signed with an unknown key'),
      option('--allow-partial', 'differences that remain are no failure'),
      option('--dry-run', 'check and plan, change nothing; exit code 1 if the restore would be refused'),
      option('--drill', 'a restore test: what was restored is removed again afterwards'),
    ]),
    reason,
    json,
    ...manners,
    local,
    localConfig,
    installation,
    wait,
    option('--restored-secret <NAME>', 'the manager whose secret is valid after the restore', { where: 'aws' }),
    ...from,
    ...signing,
    option('--drill-target', 'with --drill: drills may overwrite this manager (or drillTarget in the configuration)', {
      where: 'local',
      needs: '--drill',
    }),
    ...localOnly([bandwidth]),
    verbose,
    ...localOnly(
      inGroup('Access to the manager', [
        ...managerAccess,
        option('--restored-username <NAME>', 'the user that is valid after the restore', {
          needs: '--restored-password-file',
        }),
        option('--restored-password-file <FILE>', 'a file that holds the password of that user', {
          needs: '--restored-username',
        }),
      ]),
    ),
  ],
  see: 'reference/cli.md#offsite-restore',
});
