import * as z from 'zod';
/** Grandfather-father-son, the most lasting first: an archive has the first class that it is entitled to. */
export const CLASSES = ['yearly', 'monthly', 'weekly', 'daily'];
/** Storage classes that give every byte at once, and the days that each is charged for at least (aws: S3 storage classes). */
const MINIMUM_DAYS = { STANDARD: 0, STANDARD_IA: 30, GLACIER_IR: 90 };
/** Hours until the first byte (aws: archive retrieval options). At 3 a.m. that is the restore that does not happen. */
const SLOW = { GLACIER: '3-5 hours', DEEP_ARCHIVE: '12-48 hours' };
const StorageClass = z
  .string()
  .superRefine((name, context) => {
    const refuse = (message) => context.addIssue({ code: 'custom', message });
    if (Object.hasOwn(SLOW, name)) {
      refuse(`${name} cannot be read at once, a restore would wait ${SLOW[name]}: use GLACIER_IR`);
    } else if (!Object.hasOwn(MINIMUM_DAYS, name)) {
      refuse(`must be one of ${Object.keys(MINIMUM_DAYS).join(', ')}`);
    }
  })
  .transform((name) => name);
const days = z.number().int().min(2).max(36_500);
const Storage = z.strictObject({
  /** Without it GLACIER_IR if enough days are left for what that is charged for at least, else STANDARD. */
  monthly: StorageClass.optional(),
  yearly: StorageClass.optional(),
  /** Of an archive's life, after which it moves there. Scrubs and restores of younger ones cost no retrieval. */
  afterDays: z.number().int().min(1).max(3650).default(30),
});
const Policy = z.strictObject({
  /** The newest N good archives of a manager carry `expire=held`, which no lifecycle rule touches. */
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
  /** The last of those days: the archive is hidden behind a delete marker, and can still be brought back. */
  undoDays: z.number().int().min(1).max(30).default(7),
  storage: Storage.prefault({}),
});
/**
 * How long verified archives stay. Days count from when S3 stored the archive (aws: object lifecycle), whatever its class
 * was meanwhile.
 */
export const RetentionPolicy = Policy.superRefine((policy, context) => {
  const refuse = (path, message) => context.addIssue({ code: 'custom', path, message });
  for (const [at, name] of CLASSES.entries()) {
    const [own, lower] = [policy.days[name], CLASSES[at + 1]];
    if (lower && own < policy.days[lower]) {
      refuse(['days', name], `must not be fewer than those of ${lower}: a ${name} archive is one of them as well`);
    }
    if (own <= policy.undoDays) {
      refuse(['days', name], `must be more than undoDays (${policy.undoDays}), which are the last of them`);
    }
  }
  for (const name of ['monthly', 'yearly']) {
    const why = whyNot(policy, name, policy.storage[name] ?? 'STANDARD');
    if (why) refuse(['storage', name], why);
  }
});
/** Why archives of a class cannot move to that storage class; undefined: they can. */
function whyNot({ days, undoDays, storage }, name, to) {
  if (to === 'STANDARD') return undefined;
  // S3 itself refuses the first (aws: lifecycle transition constraints); the second would cost more than it saves.
  if (to === 'STANDARD_IA' && storage.afterDays < 30) return 'STANDARD_IA needs storage.afterDays of 30 at least';
  const left = days[name] - storage.afterDays;
  if (left < MINIMUM_DAYS[to] || storage.afterDays >= days[name] - undoDays) {
    return `${to} is charged for ${MINIMUM_DAYS[to]} days at least, and after day ${storage.afterDays} a ${name} archive has ${left} left: use STANDARD`;
  }
  return undefined;
}
/** Where archives of a class end up, and after how many days of their life; undefined: they stay where they are. */
export function transitionOf(policy, name) {
  if (name === 'daily' || name === 'weekly') return undefined;
  const to = policy.storage[name] ?? (whyNot(policy, name, 'GLACIER_IR') ? 'STANDARD' : 'GLACIER_IR');
  return to === 'STANDARD' ? undefined : { days: policy.storage.afterDays, storageClass: to };
}
