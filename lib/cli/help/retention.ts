import { ARCHIVES } from './parts.ts';

export const retentionHelp = `offsite retention plan --manager NAME [flags]

       offsite retention expire --local [--from DIR] [--yes]

plan: what each archive is, why it stays, when S3 lets it go, and what a month costs: now or at a later
time, by the rules as they are and as they might be. Changes nothing.

expire: does to a folder what a bucket's lifecycle rules do in AWS. Without --yes it says what it
would do.

  --manager NAME          whose archives
  --at DATE               at that time: a date, from its beginning in UTC, or an ISO time (default: now)
  --nightly               with a good archive every night until then (default: with no further one)
  --config FILE           configuration of the installation (default: of the cdk.json in this folder,
                          else the defaults)
  --yes                   expire: do it
  --json                  one JSON document on standard output

What would a change do?
  --changed FILE          another configuration, or its part "retention" alone
  --held N                so many of the newest good archives are held
  --daily DAYS            days of each class, from storing to the last byte
  --weekly DAYS
  --monthly DAYS
  --yearly DAYS
  --undo-days DAYS        the last of them, in which an archive is hidden and can be brought back

${ARCHIVES}
`;
