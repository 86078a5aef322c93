import { ArchiveTruncated } from '../base/errors.ts';
import type { CentralHeader } from './central-header.ts';
import { CENTRAL_HEADER_BYTES, centralHeaderLength, parseCentralHeader } from './central-header.ts';
import type { EndRecord } from './end-record.ts';
import type { WindowReader } from './window-reader.ts';

export interface OpenedArchive {
  readonly reader: WindowReader;
  readonly end: EndRecord;
  readonly label: string;
  readonly signal: AbortSignal | undefined;
}

/** Entries per batch: a step of an asynchronous generator costs as much as parsing several entries. */
const BATCH = 1024;

/**
 * The entries of the directory in its own order, some at a time. Throws `ArchiveTruncated` unless they are exactly as many,
 * in exactly as many bytes, as the end record says; `ArchiveUnsupported` as `parseCentralHeader`.
 */
export async function* entryBatches(archive: OpenedArchive): AsyncGenerator<CentralHeader[], void, undefined> {
  const { reader, end, label, signal } = archive;
  const stop = end.directoryOffset + end.directorySize;
  let batch: CentralHeader[] = [];
  let at = end.directoryOffset;
  for (let index = 0; index < end.memberCount; index++) {
    if (at + CENTRAL_HEADER_BYTES > stop) throw miscounted(archive, `its directory ends within entry ${index + 1}`);
    const fixed = reader.held(at, CENTRAL_HEADER_BYTES) ?? (await reader.bytes(at, CENTRAL_HEADER_BYTES));
    const length = centralHeaderLength(fixed, label);
    if (at + length > stop) throw miscounted(archive, `its directory ends within entry ${index + 1}`);
    batch.push(parseCentralHeader(reader.held(at, length) ?? (await reader.bytes(at, length)), label));
    at += length;
    if (batch.length < BATCH) continue;
    signal?.throwIfAborted();
    yield batch;
    batch = [];
  }
  if (at !== stop) throw miscounted(archive, `they take ${at - end.directoryOffset} bytes`);
  if (batch.length > 0) yield batch;
}

function miscounted({ end, label }: OpenedArchive, found: string): ArchiveTruncated {
  const said = `${end.memberCount} files in a directory of ${end.directorySize} bytes`;
  return new ArchiveTruncated(`The end record of ${label} lists ${said}, but ${found}.`);
}
