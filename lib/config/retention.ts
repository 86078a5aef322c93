import * as z from 'zod';

/** Grandfather-father-son, the most lasting first: an archive has the first class that it is entitled to. */
export const CLASSES = ['yearly', 'monthly', 'weekly', 'daily'] as const;
export type RetentionClass = (typeof CLASSES)[number];

const days = z.number().int().min(1).max(36_500);

/**
 * How long verified archives stay. Days count from when S3 stored the archive (aws: object lifecycle), whatever its class
 * was meanwhile.
 */
export const RetentionPolicy = z.strictObject({
  /** The newest N verified archives of a manager carry `expire=held`, which no lifecycle rule touches. */
  held: z.number().int().min(1).max(100).default(3),
  /** From the start of an archive's life to its last byte, by class: expiration and noncurrent days together. */
  days: z
    .strictObject({
      daily: days.default(35),
      weekly: days.default(13 * 7),
      monthly: days.default(396),
      yearly: days.default(2557),
    })
    .prefault({}),
});
export type RetentionPolicy = z.infer<typeof RetentionPolicy>;
