import * as z from 'zod';

/** The small schemas that contracts of both machines are made of. */

export const count = z.number().int().nonnegative();
export const bytes = z.number().int().nonnegative();
export const time = z.iso.datetime();
/** CRC-32 as S3 writes it: base64 of four big-endian bytes. */
export const crc32 = z.string().regex(/^[A-Za-z0-9+/]{6}==$/);
/** A SHA-256 in hexadecimal digits. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** A SHA-256 in base64, which is a third shorter: a state may carry hundreds. */
export const sha256Base64 = z.string().regex(/^[A-Za-z0-9+/]{43}=$/);
/** SHA-256 of a public key (SubjectPublicKeyInfo, DER) in hexadecimal digits: what people compare. */
export const Fingerprint = sha256;
/** The field `signature` of a record: which key, and ECDSA P-256 with SHA-256 as DER in base64 (72 bytes at most). */
export const Signature = z.strictObject({ key: Fingerprint, value: z.string().max(120) });
export const totals = z.record(z.string(), count);
export const format = z.enum(['legacy', 'new']);

/** Who runs, what for: derived from the execution alone, so that clean-up needs nothing from the steps before it. */
export const ExecutionRef = z.strictObject({ id: z.string().min(1), startTime: time });
export type ExecutionRef = z.infer<typeof ExecutionRef>;

export const Failure = z.object({ Error: z.string(), Cause: z.string().optional() });
export type Failure = z.infer<typeof Failure>;

/** A part of the state where a person may have written anything: parsed again, by name, where it matters. */
export const anyInput = z.unknown();
/** Sentences for people; a report stays readable and a state small. */
export const notes = z.array(z.string()).max(20);

/** A whole object in the bucket: this version of its key. */
export const Stored = z.strictObject({
  size: bytes.min(1),
  crc32: crc32,
  /** Null: storage names no versions. */
  versionId: z.string().min(1).nullable(),
  storedAt: time,
});
export type Stored = z.infer<typeof Stored>;

/**
 * What one span's verification has read, and the SHA-256 of its range where no version pins the bytes. `share`: what the
 * range gives to the CRC-32 of the whole archive; absent in executions that an earlier version began.
 */
export const Verified = z.strictObject({
  members: count,
  bytes,
  sha256: sha256Base64.optional(),
  share: crc32.optional(),
});
export type Verified = z.infer<typeof Verified>;

/** What of a signature could be verified, and against which key; `known`: why that key is believed. */
export const SignatureFound = z.strictObject({
  state: z.enum(['signed', 'unsigned', 'forged']),
  key: z.string().nullable(),
  known: z.enum(['trusted', 'beside']).nullable(),
});
