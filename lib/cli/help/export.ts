import { CREDENTIALS, EXITS, IN_AWS, STORE } from './parts.ts';

export const exportHelp = `offsite export --manager NAME [flags]          starts the export that is deployed in AWS
offsite export --local [flags]                 runs it on this machine

With --local the same state machine runs with the same steps; without further flags it exports
from a simulated manager into ./offsite-data.

Both
  --manager NAME          its name in the archive's key: a letter, then letters, digits, hyphens, all
                          lower case, 63 at most (with --local needed with --manager-url)
  --scheduled-time TIME   ISO time that names the snapshot (default: now)
  --reason TEXT           for the record
  --json                  one JSON document on standard output: the run report

In AWS
${IN_AWS}
  --again                 run a night once more whose execution has failed

With --local
  --manager-url URL       https://manager.example.com; once per node of a cluster
${CREDENTIALS}
  --size SIZE             of the simulated manager's archive, e.g. 2GiB (default 256MiB)
  --to DIR                a folder (default: ./offsite-data); archives are plain files in it
${STORE}
  --config FILE           configuration of the installation whose bucket it is: its days, its time zone
  --keep N                newest snapshots of ours that stay on the manager (default 2)
  --verbose               warnings of the steps on standard error

${EXITS}`;
