import { EXITS } from './parts.ts';

export const allHelp = `offsite: off-site, verified snapshots of Cloudify Managers

In AWS (an installation that is deployed); with --local on this machine
  offsite export                     take a snapshot off a manager, whole and proven
  offsite restore                    restore a verified archive to a manager, and prove the result
  offsite verify                     read stored archives again, every byte of them
  offsite list                       the archives that there are
  offsite show                       all that is known of one archive
  offsite retention plan             what each archive is, when it goes, what a month costs
  offsite keep, offsite unkeep       keep an archive whatever its class says; no longer
  offsite status                     every manager: newest archive, last run, next run, last drill
  offsite reconcile                  what does not agree, and with --repair what is safe to mend
  offsite accept                     say that the content of a flagged archive is right

In AWS only
  offsite follow                     watch an execution, from its beginning to its end

On this machine only
  offsite machine                    a state machine as JSON, for the console of Step Functions
  offsite demo                       an export and a restore, between two simulated managers
  offsite simulate-manager           a Cloudify Manager to try things on
  offsite local-s3                   an S3 on a folder

  offsite COMMAND --help             the flags of a command
  offsite --version

${EXITS}`;
