import { CREDENTIALS, STORE } from './parts.ts';

export const reconcileHelp = `offsite reconcile --manager NAME [flags]

Compares schedule, runs, records, storage and the snapshots on the manager, both ways, and says
what does not agree. Changes nothing without --repair. In AWS the same runs every day by itself.

  --manager NAME          whose archives
  --repair                mend what is safe: tags, open uploads and half-made snapshots of dead runs
  --config FILE           the configuration of the installation: schedule and retention

Where
  --installation NAME     an installation in AWS (default: offsite)
  --local                 or a folder or bucket of this machine's own exports
  --from DIR              a folder with archives (default: ./offsite-data)
${STORE}

The manager, to compare its snapshots too
  --manager-url URL       https://manager.example.com; once per node of a cluster
${CREDENTIALS}

  --json                  one JSON document on standard output: the report
  --verbose               warnings on standard error

Exit codes: 0 nothing is left to do, 1 something is, 2 the command line is wrong.
`;
