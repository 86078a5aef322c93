import { ARCHIVES, EXITS } from './parts.ts';

export const listHelp = `offsite list [flags]

The verified archives that there are, by manager, the newest last; what is known against them beside.

  --manager NAME          those of this manager
  --last N                the newest N of each manager
  --json                  one JSON document on standard output

${ARCHIVES}

${EXITS}`;
