import { ARCHIVES } from './parts.ts';

export const keepHelp = `offsite keep ARCHIVE --manager NAME --until DATE|--forever [flags]

Keeps an archive whatever its class says: no rule of the bucket expires it. Where the bucket has
Object Lock, a legal hold keeps anybody from deleting it.

  ARCHIVE                 its id, as "offsite list" shows it
  --manager NAME          whose archive
  --until DATE            a date, from its beginning in UTC, or an ISO time
  --forever               until somebody says otherwise (offsite unkeep)
  --reason TEXT           for the record
  --json                  one JSON document on standard output

${ARCHIVES}
`;

export const unkeepHelp = `offsite unkeep ARCHIVE --manager NAME [flags]

Ends the wish to keep an archive: it is what its class says then, and may expire at once. Without
--yes it says what would happen, and changes nothing.

  ARCHIVE                 its id, as "offsite list" shows it
  --manager NAME          whose archive
  --yes                   do it
  --config FILE           configuration of the installation (default: of the cdk.json in this folder)
  --json                  one JSON document on standard output

${ARCHIVES}
`;
