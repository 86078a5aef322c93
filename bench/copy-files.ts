import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { measure } from './measure.ts';

/**
 * What every copier is given: the archive in `files`, and a configuration of the `aws` command in `dir`, whose path it
 * gives. A sparse file: only CRC and hash look at its bytes, and their speed does not depend on them.
 */
export async function copyFiles(dir: string, files: string, bytes: number): Promise<string> {
  const archive = join(files, 'archive');
  await writeFile(archive, '');
  await truncate(archive, bytes);
  const awsConfig = join(dir, 'aws-config');
  await writeFile(awsConfig, '[default]\ns3 =\n  multipart_chunksize = 16MB\n  addressing_style = path\n');
  await measure(`cat ${archive} > /dev/null`); // into memory before it counts
  return awsConfig;
}
