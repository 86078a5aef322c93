import { STORE } from './parts.ts';

export const acceptHelp = `offsite accept ARCHIVE --manager NAME [flags]

An archive whose content has fallen by more than a share of what it was is flagged: it is whole and
stays, but takes no good one's place. This says that its content is as it should be. It counts as a
good one from then on, and later nights are compared with it.

  ARCHIVE                 its id, as in the report of the export
  --manager NAME          whose archive
  --installation NAME     an installation in AWS (default: offsite)
  --local                 or a folder or bucket of this machine's own exports
  --from DIR              a folder with archives (default: ./offsite-data)
${STORE}
  --reason TEXT           for the record
  --json                  one JSON document on standard output
`;
