import { ARCHIVES, EXITS } from './parts.ts';

export const showHelp = `offsite show [MANAGER/]ARCHIVE [flags]

All that is known of one archive: where it is, what it holds, when it was verified, how long it stays.

  ARCHIVE                 its id, or "latest" (the default): the one that a restore would take
  --manager NAME          whose archive, unless the argument says it
  --json                  one JSON document on standard output, with the whole manifest

${ARCHIVES}

${EXITS}`;
