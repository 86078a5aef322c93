import { EXITS, IN_AWS, STORE } from './parts.ts';

export const verifyHelp = `offsite verify [ARCHIVE] [flags]               starts the verification that is deployed in AWS
offsite verify --local [ARCHIVE] [flags]       runs it on this machine

Reads stored archives again, inflates every member and compares it with what the manager wrote;
marks each archive as sound or damaged. Deletes nothing. No manager is asked.

Which archives
  ARCHIVE                 "latest" or the id of one (needs --manager)
  --sample PERCENT        so many per cent, e.g. 10%: damaged ones, then those read longest ago
  --all                   every one
  --manager NAME          of this manager only (default: of all)
  --reason TEXT           for the record
  --json                  one JSON document on standard output: the report

In AWS
${IN_AWS}

With --local
  --from DIR              a folder with archives (default: ./offsite-data)
${STORE}
  --config FILE           configuration of the installation whose bucket it is
  --verbose               warnings of the steps on standard error

${EXITS}`;
