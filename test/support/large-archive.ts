import { randomBytes } from 'node:crypto';
import { constants, crc32, deflateRawSync } from 'node:zlib';
import { LEGACY, SMALL_DUMP, without } from './archives.ts';
import type { Segment } from './pattern-source.ts';
import { PatternSource } from './pattern-source.ts';
import { writeZip } from './zip.ts';

const ROWS_PER_BLOCK = 50_000;
const ROW = `123\t2026-11-22 02:00:00\t${'Task succeeded '.repeat(8)}\t0\n`;
const PLUGIN = 'plugins/a.wgn';

/** Bytes that stand for others in the archive: deflated for plain. */
interface Piece extends Segment {
  readonly plain: Buffer;
}

/**
 * A legacy archive with a dump of `blocks` × 50,000 log rows (7.4 MB each) and a stored plugin of `pluginMegabytes`, of
 * which only patterns are in memory.
 */
export function largeArchive(blocks: number, pluginMegabytes: number): { source: PatternSource; logs: number } {
  const dump = dumpPieces(blocks);
  const random = randomBytes(1_000_000);
  const plugin = { bytes: random, plain: random, times: pluginMegabytes };
  const headers = { pg: 30 + 'pg_data'.length, plugin: 30 + PLUGIN.length };
  const rest = without(LEGACY, 'pg_data');
  const small = writeZip(rest);
  const restBytes = small.readUInt32LE(small.length - 6);
  const offset = restBytes + headers.pg + claimOf(dump).compressedSize;
  const directoryOffset = offset + headers.plugin + claimOf([plugin]).compressedSize;
  // Written without the data of the two large members, which go in between below; the numbers are told.
  const compressed = Buffer.alloc(0);
  const frame = writeZip(
    [
      ...rest,
      { name: 'pg_data', compressed, claim: claimOf(dump) },
      { name: PLUGIN, method: 0, compressed, claim: { ...claimOf([plugin]), offset } },
    ],
    { end: { directoryOffset } },
  );
  const cuts = [restBytes + headers.pg, restBytes + headers.pg + headers.plugin];
  const source = new PatternSource([
    { bytes: frame.subarray(0, cuts[0]), times: 1 },
    ...dump,
    { bytes: frame.subarray(cuts[0], cuts[1]), times: 1 },
    plugin,
    { bytes: frame.subarray(cuts[1]), times: 1 },
  ]);
  return { source, logs: blocks * ROWS_PER_BLOCK };
}

/** Logs belong to executions: a dump has both tables. */
const PARENT = 'COPY public.executions (_storage_id, id, _tenant_id) FROM stdin;\n\\.\n\n';

/** A deflate stream may be put together from blocks that end with a full flush. */
function dumpPieces(blocks: number): Piece[] {
  const end = SMALL_DUMP.indexOf('--\n-- PostgreSQL database dump complete');
  const head = Buffer.from(
    `${SMALL_DUMP.slice(0, end)}${PARENT}COPY public.logs (_storage_id, ts, message, _tenant_id) FROM stdin;\n`,
  );
  const block = Buffer.from(ROW.repeat(ROWS_PER_BLOCK));
  const tail = Buffer.from(`\\.\n\n${SMALL_DUMP.slice(end)}`);
  const flushed = { finishFlush: constants.Z_FULL_FLUSH };
  return [
    { bytes: deflateRawSync(head, flushed), plain: head, times: 1 },
    { bytes: deflateRawSync(block, flushed), plain: block, times: blocks },
    { bytes: deflateRawSync(tail), plain: tail, times: 1 },
  ];
}

function claimOf(pieces: readonly Piece[]): { crc: number; size: number; compressedSize: number } {
  const claim = { crc: 0, size: 0, compressedSize: 0 };
  for (const { bytes, plain, times } of pieces) {
    for (let n = 0; n < times; n++) claim.crc = crc32(plain, claim.crc);
    claim.size += plain.length * times;
    claim.compressedSize += bytes.length * times;
  }
  return claim;
}
