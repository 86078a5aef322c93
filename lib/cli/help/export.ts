import { CREDENTIALS, EXITS, STORE } from './parts.ts';

export const exportHelp = `offsite export --local [flags]

Runs the export state machine on this machine, with the same steps that run in AWS. Without
flags it exports from a simulated manager into ./offsite-data.

The manager
  --manager NAME          its name in the archive's key: a letter, then letters, digits, hyphens, all
                          lower case, 63 at most (needed with --manager-url)
  --manager-url URL       https://manager.example.com; once per node of a cluster
${CREDENTIALS}
  --size SIZE             of the simulated manager's archive, e.g. 2GiB (default 256MiB)

Where to
  --to DIR                a folder (default: ./offsite-data); archives are plain files in it
${STORE}

The run
  --scheduled-time TIME   ISO time that names the snapshot (default: now)
  --reason TEXT           for the record
  --keep N                newest snapshots of ours that stay on the manager (default 2)
  --json                  one JSON document on standard output: the run report
  --verbose               warnings of the steps on standard error

${EXITS}`;
