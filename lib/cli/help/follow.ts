import { EXITS } from './parts.ts';

export const followHelp = `offsite follow EXECUTION | --manager NAME [flags]

Shows an export or a restore in AWS, from its beginning until it has ended, and then its report.
Ctrl-C stops the showing; the execution goes on.

  EXECUTION               its ARN, or its name (m1-20261122T020000Z)
  --manager NAME          instead: the execution of this manager that began last
  --installation NAME     which installation is meant (default: offsite; an ARN says it itself)
  --json                  one JSON document on standard output: the report of the execution
  --local                 is refused: a run on this machine shows its progress where it runs

${EXITS}`;
