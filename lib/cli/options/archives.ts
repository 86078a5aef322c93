import { inGroup, option } from '../command.ts';
import { installation, local } from './run.ts';

/** A bucket instead of a folder. */
export const bucket = [
  option('--bucket <NAME>', 'a bucket: in AWS, unless --s3-endpoint names another store', { where: 'local' }),
  option('--s3-endpoint <URL>', 'an S3-compatible store; region and credentials as for any AWS tool', {
    where: 'local',
    needs: '--bucket',
  }),
] as const;

/** Archives that are read. */
export const from = [
  option('--from <DIR>', 'a folder with archives (default: ./offsite-data)', {
    where: 'local',
    conflicts: ['--bucket', '--s3-endpoint'],
  }),
  ...bucket,
] as const;

/** Archives that are written. */
export const to = [
  option('--to <DIR>', 'a folder for archives, created if it is missing (default: ./offsite-data)', {
    where: 'local',
    conflicts: ['--bucket', '--s3-endpoint'],
  }),
  ...bucket,
] as const;

/** Where the archives are that a command reads: in an installation, or with `--local` in a folder or a bucket. */
export const archives = inGroup('Where the archives are', [installation, local, ...from]);
