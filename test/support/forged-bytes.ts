import { openDirectory } from '../../lib/zip/directory.ts';
import { STORED } from '../../lib/zip/member.ts';
import { MemorySource } from './memory-source.ts';

/** The polynomial of CRC-32 as bits on the wire, x^32 first: bytes that differ by a multiple of it have the same CRC-32. */
const POLYNOMIAL = '100000100110000010001110110110111';

/**
 * Another archive of the same size, with the CRC-32 of every member and of the whole: what an attacker makes who may write.
 * In the last member that is not compressed five bytes are other ones.
 */
export async function withOtherBytes(archive: Buffer): Promise<Buffer> {
  const forged = Buffer.from(archive);
  const at = (await dataOfStored(archive)) + 3;
  for (const [index, bit] of [...POLYNOMIAL].entries()) {
    if (bit === '1') forged.writeUInt8(forged.readUInt8(at + (index >> 3)) ^ (1 << (index & 7)), at + (index >> 3));
  }
  return forged;
}

async function dataOfStored(archive: Buffer): Promise<number> {
  let found: number | undefined;
  const directory = await openDirectory(new MemorySource(archive), 'the archive', {});
  for await (const { method, offset, compressedSize } of directory.members()) {
    const isUseful = method === STORED && compressedSize > 100;
    if (isUseful) found = offset + 30 + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28);
  }
  if (found === undefined) throw new RangeError('This archive has no member that is stored as it is.');
  return found;
}
