import { argument, command, inGroup, option } from '../../command.ts';
import { BOTH } from '../../groups.ts';
import { archives } from '../../options/archives.ts';
import { bandwidth, json } from '../../options/run.ts';
import { time, whole } from '../../options/values.ts';

/** Where copies go: a place of its own beside the one that is read. */
const target = inGroup('Where the copies go', [
  option('--to <DIR>', 'a folder, created if it is missing', {
    conflicts: ['--to-bucket', '--to-s3-endpoint', '--to-s3-ca-file'],
  }),
  option('--to-bucket <NAME>', 'a bucket: in AWS, unless --to-s3-endpoint names another store'),
  option('--to-s3-endpoint <URL>', 'an S3-compatible store; region and credentials as for any AWS tool', {
    needs: '--to-bucket',
  }),
  option('--to-s3-ca-file <FILE>', "PEM of the CA that signed the store's certificate", { needs: '--to-bucket' }),
  option(
    '--to-config <FILE>',
    'the configuration of that place: retention, locks, and destination if no option names it',
  ),
]);

export const copyLiteral = command({
  name: 'copy',
  group: BOTH,
  summary: 'copy archives to another folder or bucket, verified',
  about: `Copies archives with their records between folders and buckets. Each copy is read back and compared with the CRC-32 of the
manifest, and with its SHA-256 values if it has any. The copy gets a manifest of its own, signed by this machine's key, that names the
key of the original. Tags, locks and holds follow the rules of the target. Nothing is overwritten. Run the command again after an
interruption: it continues, and does nothing for archives that are already there.`,
  arguments: [argument('[ARCHIVE...]', 'MANAGER/ID, MANAGER/latest, or an id with --manager; any number of them')],
  options: [
    option('--manager <NAME>', 'all archives of this manager, or the manager of the archives that are named'),
    option('--all', 'all archives of all managers', { conflicts: ['--manager'] }),
    option(
      '--since <TIME>',
      'only archives whose content was taken at that date (its beginning in UTC), ISO time, or later',
      {
        parse: time,
      },
    ),
    option('--last <N>', 'only the newest N of each manager', { parse: whole(1, 100_000) }),
    bandwidth,
    json,
    ...target,
    ...archives,
  ],
  exits: `Exit codes: 0 every archive is in the target and verified, 1 an archive is not, 2 the command line or the configuration is
wrong and nothing was started, 130 interrupted.`,
  see: 'how-to/archives.md#copy',
});
