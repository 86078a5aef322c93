import { buffer } from 'node:stream/consumers';
import { crc32 } from 'node:zlib';
import { fromBufferPromise } from 'yauzl';

/** What a zip gives to who extracts it: each name with the size and the sum of its content, in order. By yauzl, not by our reader. */
export async function contentsOf(bytes: Buffer): Promise<string[]> {
  const zip = await fromBufferPromise(bytes, { autoClose: false });
  const found: string[] = [];
  for await (const entry of zip.eachEntry()) {
    const content = entry.fileName.endsWith('/')
      ? Buffer.alloc(0)
      : await buffer(await zip.openReadStreamPromise(entry));
    found.push(`${entry.fileName} ${content.length} ${crc32(content)}`);
  }
  return found;
}
