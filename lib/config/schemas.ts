import * as z from 'zod';
import { parseSchedule } from './schedule.ts';
import { isTimeZone } from './wall-time.ts';

/** Fields that several parts of the configuration have. */

/** `cron(0 4 * * ? *)`, `rate(12 hours)` or `at(…)`, as EventBridge Scheduler reads them. */
export const ScheduleExpression = z.string().superRefine((text, context) => {
  try {
    parseSchedule(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
  }
});

export const TimeZone = z.string().refine(isTimeZone, 'must be the IANA name of a time zone, such as Europe/Berlin');

export const arnOf = (service: string, rest: string, example: string) =>
  z.string().regex(new RegExp(`^arn:aws[a-z-]*:${service}:${rest}$`), `must be an ARN such as ${example}`);

export const KmsKeyArn = arnOf(
  'kms',
  '[a-z0-9-]+:\\d{12}:key/[A-Za-z0-9-]+',
  'arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab (no alias)',
);

/** A secret that is there already: by name or by ARN. */
export const ImportedSecret = z.strictObject({
  /** Its name, or its whole ARN with the six characters at the end. */
  id: z.union([
    arnOf(
      'secretsmanager',
      '[a-z0-9-]+:\\d{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}',
      'arn:aws:secretsmanager:eu-central-1:111122223333:secret:cloudify/prod-AbCdEf',
    ),
    z.string().regex(/^(?!arn:)[A-Za-z0-9/_+=.@-]{1,512}$/, 'must be the name of a secret, or its ARN'),
  ]),
  /** The key that encrypts it, if it is not the account's `aws/secretsmanager`. */
  kmsKeyArn: KmsKeyArn.optional(),
});
export type ImportedSecret = z.infer<typeof ImportedSecret>;

export const BucketName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'must be the name of a bucket: 3-63 lower-case letters, digits, dots, hyphens',
  );

export const AccountId = z.string().regex(/^\d{12}$/, 'must be the 12 digits of an account');
export const Region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region such as eu-central-1');

/** `sg-0123456789abcdef0` and the like. */
export const idOf = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}-[0-9a-f]{8,17}$`), `must be an id such as ${prefix}-0123456789abcdef0`);
