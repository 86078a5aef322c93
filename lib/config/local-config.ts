import * as z from 'zod';
import { DATA_RATE, dataRate } from '../base/data-rate.ts';
import { TenantName } from '../base/ids.ts';
import { BucketName, ScheduleExpression } from './schemas.ts';

/** What `offsite … --local` needs on its machine, and the stack does not: how managers are reached, and where archives go. */

const FileName = z
  .string()
  .min(1)
  .max(4096)
  .refine((name) => !/\p{Cc}/u.test(name), 'must be the name of a file, without control characters');

/** A program and its arguments. No shell reads them; who wants one writes it: `["sh", "-c", "…"]`. */
const Command = z
  .array(z.string().max(4096), 'must be a list: the program and each argument, such as ["pass", "show", "cloudify"]')
  .min(1, 'must name a program')
  .max(100)
  .refine(([program]) => program !== '', 'must name a program');

const VariableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of a variable of the environment, such as PROD_PASSWORD');

const ManagerUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
  .refine(
    (url) => !URL.parse(url)?.username && !URL.parse(url)?.password,
    'must not hold a user name or password: write username and passwordFile',
  );

/** Ways to a credential. A configuration never holds one itself. */
const PASSWORDS = ['passwordFile', 'passwordCommand', 'passwordEnv'] as const;
const TOKENS = ['tokenFile', 'tokenCommand', 'tokenEnv'] as const;

export const ManagerLocal = z
  .strictObject({
    /** The address of every node; one for an all-in-one manager. */
    urls: z.array(ManagerUrl).min(1, 'must name an address').max(10),
    username: z.string().min(1).optional(),
    passwordFile: FileName.optional(),
    passwordCommand: Command.optional(),
    passwordEnv: VariableName.optional(),
    tokenFile: FileName.optional(),
    tokenCommand: Command.optional(),
    tokenEnv: VariableName.optional(),
    tenant: TenantName.optional(),
    /** PEM of the CA that signed the manager's certificate. */
    caFile: FileName.optional(),
  })
  .superRefine((local, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    const given = [...PASSWORDS, ...TOKENS].filter((field) => local[field] !== undefined);
    const [first = 'passwordFile', second] = given;
    if (given.length === 0) refuse(first, `is missing: one of ${[...PASSWORDS, ...TOKENS].join(', ')} must be there`);
    if (second) refuse(second, `must not be there together with ${first}: one of them is enough`);
    const isToken = TOKENS.some((field) => field === first);
    if (isToken && local.username !== undefined) refuse('username', `must not be there together with ${first}`);
    if (!isToken && local.username === undefined) refuse('username', `is missing: ${first} is the password of a user`);
  });
export type ManagerLocal = z.infer<typeof ManagerLocal>;

export const LocalConfig = z
  .strictObject({
    /** A folder for archives. */
    folder: FileName.optional(),
    /** Archives are in it already: a folder without any is a disk that is not mounted. */
    mustExist: z.boolean().optional(),
    /** A bucket instead: in AWS, or in another store (`endpoint`). */
    bucket: BucketName.optional(),
    endpoint: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }).optional(),
    region: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,63}$/, 'must be the name of a region, such as eu-central-1')
      .optional(),
    /** Of `~/.aws/config` and `~/.aws/credentials`. */
    profile: z.string().min(1).max(256).optional(),
    /** The private key that signs records. */
    signingKeyFile: FileName.optional(),
    /** Exports at once with `export --all`. */
    parallel: z.number().int().min(1).max(16).default(2),
    /** The most that is sent, and the most that is read, in a second: `20MB/s`. */
    bandwidth: z
      .string()
      .refine((text) => dataRate(text) !== undefined, `must be ${DATA_RATE}`)
      .optional(),
    /** Of `offsite retention expire` in what `offsite schedule` makes, where no rules of a bucket do it. */
    expirySchedule: ScheduleExpression.nullable().default('cron(0 11 * * ? *)'),
    /** Time for each `passwordCommand` or `tokenCommand`. */
    commandSeconds: z.number().int().min(1).max(600).default(30),
  })
  .superRefine((local, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (local.folder !== undefined && local.bucket !== undefined)
      refuse('bucket', 'must not be there together with folder: archives go to one of them');
    if (local.mustExist !== undefined && local.folder === undefined) refuse('mustExist', 'needs folder as well');
    if (local.bucket !== undefined) return;
    for (const field of ['endpoint', 'region', 'profile'] as const)
      if (local[field] !== undefined) refuse(field, 'needs bucket as well');
  });
export type LocalConfig = z.infer<typeof LocalConfig>;
