import { EXITS, STORE } from './parts.ts';

export const verifyHelp = `offsite verify --local [ARCHIVE] [flags]

Runs the verify state machine on this machine: reads stored archives again, inflates every member
and compares it with what the manager wrote; marks each archive as sound or damaged. Deletes
nothing. No manager is asked.

Which archives
  ARCHIVE                 "latest" or the id of one (needs --manager)
  --sample PERCENT        so many per cent, e.g. 10%: damaged ones, then those read longest ago
  --all                   every one
  --manager NAME          of this manager only (default: of all)

Where from
  --from DIR              a folder with archives (default: ./offsite-data)
${STORE}

The run
  --reason TEXT           for the record
  --config FILE           configuration of the installation whose bucket it is
  --json                  one JSON document on standard output: the report
  --verbose               warnings of the steps on standard error

${EXITS}`;
