import { NotAnArchive } from '../base/errors.ts';
import { readExactly } from './byte-cursor.ts';
import type { ByteSource } from './byte-source.ts';
import type { WindowReader } from './window-reader.ts';

// A local header or, in an archive without members, the end record.
const BEGINNINGS = ['PK\x03\x04', 'PK\x05\x06'];

// Markers of an archive that was to be split into volumes and fitted one (APPNOTE 8.5.3 and 8.5.4). Python skips them.
const MARKERS = ['PK00', 'PK\x07\x08'];

const SHOWN_BYTES = 40;

/** Throws `NotAnArchive`, with the beginning of what is there, unless the source begins as a zip archive does. */
export async function assertBeginsLikeZip(
  source: ByteSource,
  reader: WindowReader,
  label: string,
  options: { readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const length = Math.min(SHOWN_BYTES, source.size);
  const head = reader.held(0, length) ?? (await readExactly(source, 0, length, { signal: options.signal }));
  const text = head.toString('latin1');
  const begins = MARKERS.includes(text.slice(0, 4)) ? text.slice(4, 8) : text.slice(0, 4);
  // Fewer than 4 bytes may still be the beginning of one.
  if (BEGINNINGS.some((known) => known.startsWith(begins))) return;
  if (source.isConfidential) throw new NotAnArchive(`${label} is no zip archive.`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out of the message
  const shown = JSON.stringify(text.replace(/[\x00-\x1f\x7f-\xff]+/g, ' '));
  const page = /^\s*</.test(text) ? ' It looks like a web page or an error in XML.' : '';
  throw new NotAnArchive(`${label} (${source.size} bytes) is no zip archive: it begins with ${shown}.${page}`);
}
