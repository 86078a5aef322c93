export const followHelp = `offsite follow EXECUTION | --manager NAME [flags]

Shows an export or a restore in AWS, from its beginning until it has ended, and then its report.
Ctrl-C stops the showing; the execution goes on.

  EXECUTION               its ARN, or its name (m1-20261122T020000Z)
  --manager NAME          instead: the execution of this manager that began last
  --installation NAME     which installation is meant (default: offsite; an ARN says it itself)
  --json                  one JSON document on standard output: the report of the execution
  --local                 is refused: a run on this machine shows its progress where it runs

Exit codes: 0 the execution has succeeded, 1 it has failed, or it cannot be seen, 2 the command line or
the configuration is wrong, 130 you stopped watching; the execution goes on.
`;
