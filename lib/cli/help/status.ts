import { ARCHIVES } from './parts.ts';

export const statusHelp = `offsite status [flags]

One line for each manager: its newest archive, how its last run ended, when the next one is, its last
drill, and what should be looked at.

  --manager NAME          this one alone
  --config FILE           the configuration of the installation (default: that in ./cdk.json, if it is of
                          this installation); without one nobody can tell what is due
  --json                  one JSON document on standard output

${ARCHIVES}

Exit codes: 0 every manager has an archive that is not stale, 1 one has none or a stale one, or it could
not be found out, 2 the command line or the configuration is wrong, 130 interrupted.
`;
