import { inGroup, option } from '../command.ts';
import { config, installation, local } from './run.ts';
import { time } from './values.ts';

/** A bucket instead of a folder. */
export const bucket = [
  option('--bucket <NAME>', 'a bucket: in AWS, unless --s3-endpoint names another store', {
    where: 'local',
    env: 'OFFSITE_BUCKET',
  }),
  option('--s3-endpoint <URL>', 'an S3-compatible store; region and credentials as for any AWS tool', {
    where: 'local',
    needs: '--bucket',
    env: 'OFFSITE_S3_ENDPOINT',
  }),
  option('--s3-ca-file <FILE>', "PEM of the CA that signed the store's certificate", {
    where: 'local',
    needs: '--bucket',
  }),
] as const;

/** How records are signed, and whose signatures are believed. */
export const signing = inGroup('Signatures', [
  option('--signing-key <FILE>', 'the private key that signs records (default: made at first use, see the docs)', {
    where: 'local',
  }),
  option('--trust-key <KEY>', 'trust this key as well: its fingerprint, or a file with the public key', {
    repeats: true,
  }),
  option('--signed-since <TIME>', 'a record that was stored later and has no signature counts as forged', {
    parse: time,
  }),
]);

/** Archives that are read. */
export const from = [
  option('--from <DIR>', 'a folder with archives (default: ./offsite-data)', {
    where: 'local',
    conflicts: ['--bucket', '--s3-endpoint'],
    env: 'OFFSITE_FOLDER',
  }),
  ...bucket,
] as const;

/** Archives that are written. */
export const to = [
  option('--to <DIR>', 'a folder for archives, created if it is missing (default: ./offsite-data)', {
    where: 'local',
    conflicts: ['--bucket', '--s3-endpoint'],
    env: 'OFFSITE_FOLDER',
  }),
  ...bucket,
] as const;

/** Where the archives are that a command reads: in an installation, or with `--local` in a folder or a bucket. */
export const archives = [
  ...inGroup('Where the archives are', [config, installation, local, ...from]),
  ...signing,
] as const;
