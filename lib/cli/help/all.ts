import { EXITS } from './parts.ts';

export const allHelp = `offsite: off-site, verified snapshots of Cloudify Managers

  offsite export --local             take a snapshot off a manager, whole and proven, on this machine
  offsite restore --local            restore a verified archive to a manager, and prove the result
  offsite verify --local             read stored archives again, every byte of them
  offsite demo                       an export and a restore, between two simulated managers
  offsite simulate-manager           a Cloudify Manager to try things on
  offsite local-s3                   an S3 on a folder
  offsite COMMAND --help             the flags of a command
  offsite --version

${EXITS}`;
