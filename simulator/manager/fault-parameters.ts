import type { ContentType } from './content.ts';

/** What can be made to go wrong, and the numbers each needs. */
export interface FaultParameters {
  // --- any request (narrow it with `method` and `path` of the scope) ---
  /** 500 is REST's JSON with a traceback; the others are nginx's HTML. */
  serverError: { status: 500 | 502 | 503 | 504 };
  /** nginx's HTML with any status, for instance 200: a login page in the way. */
  htmlError: { status: number };
  rateLimited: object;
  /** Never answers; the socket stays open. */
  hang: object;
  /** The socket is closed before any answer; nothing was done. */
  refuse: object;
  /** 401, as after a change of the password. */
  expiredCredentials: object;
  /** 403, as for a user without the role. */
  forbidden: object;
  unlicensed: object;
  garbageJson: object;
  // --- create ---
  /** As if other executions were running. */
  busy: object;
  createForever: object;
  createFails: { error: string };
  /** The snapshot is being made, but the answer never arrives. */
  lostCreateResponse: object;
  /** The rows are written, the answer is a 500. */
  create500ButDone: object;
  /** A 500, and nothing was done. */
  createNeverArrives: { status?: 500 | 502 };
  /** While the create runs its half-written zip can be downloaded. */
  partialZipWhileCreating: object;
  /** Creates and restores: a 500, and rows that stay as they are for ever. */
  brokerDown: object;
  // --- restore ---
  /** The execution is started and then ends `failed`; nothing was changed. */
  restoreFails: { error: string };
  /** Legacy: it fails when the database is loaded and the salt exchanged; no password works then (recording 18). */
  restoreFailsMidway: { error: string };
  /** The worker dies: the flag stays, the execution stays `started`. */
  restoreForever: object;
  /** The message is lost: the execution stays `pending`, and there is no flag. */
  restoreNeverStarts: object;
  /** The worker takes a pending restore in the very moment in which somebody cancels it. */
  takenWhenCancelled: object;
  /** All is restored and the flag is removed, but the execution stays `started`: the worker could not report. */
  restoreNoEnd: object;
  /** So many things of a type (as inventories name it) are lost; error logs say so, and it still ends `terminated`. */
  restorePartial: { type: ContentType; count: number };
  /** Legacy archives: REST answers 500 for ever after the database was written, and the execution never ends. */
  restBroken: object;
  /** The flag stays although the restore succeeded. */
  stuckFlag: object;
  /** The restore runs, but the answer never arrives. */
  lostRestoreResponse: object;
  /** The restore runs, the answer is a 500. */
  restore500ButDone: object;
  /** A 500 or 502, and nothing was done. */
  restoreNeverArrives: { status?: 500 | 502 };
  /** As if other executions were running; from 6.0 on the refusal leaves its ghost. */
  restoreBusy: object;
  // --- upload, by body and by URL ---
  /** 502 once the bytes are there, and no row: the worker was killed after 300 s (hazard K5). */
  uploadKilled: object;
  /** Row and file are there, but the answer never arrives. */
  lostUploadResponse: object;
  /** Row and file are there, the answer is a 500. */
  upload500ButDone: object;
  /** 201, and the stored file ends too soon, as from a truncated source. */
  uploadTruncated: { missingBytes: number };
  /** By URL only: 400 `Cannot fetch <url>: <reason>`, and nothing was fetched. */
  uploadFetchFails: { reason: string };
  /** 201, and one byte of the stored file is another one. */
  uploadOtherBytes: object;
  /** 201 and a row, but no file. */
  uploadRowWithoutFile: object;
  /** 201 with every field null, as for an existing id, although the row is new. */
  uploadNullReply: object;
  /** 500, the disk is full; no row. */
  uploadFull: object;
  /** The same in the middle of the body, by which the disk is full after so many bytes. */
  uploadFillsDisk: { afterBytes: number };
  // --- archive content (applies to what is served, not to what is stored) ---
  archiveMissing: object;
  /** One bit of a member's data is turned; `atByte` of the file if you care which. */
  archiveCorrupt: { atByte?: number };
  archiveTruncated: { bytes: number };
  archiveHtml: object;
  archiveEmpty: object;
  /** After so many GETs the archive is another one: new ETag, same size. */
  changeEtagMidTransfer: { afterRequests: number };
  /** The same, but replaced within the same second: the ETag stays (hazard K29). */
  sameEtagOtherBytes: { afterRequests: number };
  // --- archive transfer ---
  /** Counted in the body, or at an absolute byte of the archive (other ranges then pass). */
  dropConnectionAtByte: { afterBytes: number } | { archiveByte: number };
  /** Content-Length promises more than is sent before a clean FIN. */
  shortBody: { missingBytes: number };
  /** Fewer bytes than asked for, with a matching Content-Length. */
  wrongLengthClean: { missingBytes: number };
  /** 200 and the whole file, no `Accept-Ranges`: a file server on S3 (contract §5). */
  noRanges: object;
  /** A 206 of bytes shifted by so many. */
  wrongRange: { shift: number };
  slowDrip: { bytesPerChunk: number; delayMs: number };
  // --- state ---
  /** The node answers from a database of its own. Give the scope a `node`. */
  splitBrain: object;
  statusFail: { service?: string };
  monitoringDown: object;
  dbFail: object;
  /** The row and the file are gone when the next request asks for them. */
  snapshotVanishes: object;
  deleteFails: object;
}

export type FaultName = keyof FaultParameters;
