import * as z from 'zod';
import { ManagerId } from '../base/ids.ts';
import { ImportedSecret, ScheduleExpression } from './schemas.ts';

/** What a target hears of. `success` includes a recovery; a recovery is the first success after a failure. */
export const OUTCOMES = ['failure', 'success', 'recovery', 'all'] as const;
/** What a message is about. */
export const SUBJECTS = [
  'export',
  'restore',
  'approval',
  'verify',
  'reconcile',
  'retention',
  'digest',
  'report',
] as const;

const one = <const T extends readonly [string, ...string[]]>(words: T) => z.enum(words);
const file = z.string().min(1).max(4096);
const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'must be the name of an environment variable, not a value');

/** As `URL.host` has it, or with `*.` in place of its first names. */
const HostPattern = z
  .string()
  .max(260)
  .refine(
    (host) => URL.parse(`https://${host.replace(/^\*\./, 'any.')}/`)?.host === host.replace(/^\*\./, 'any.'),
    'must be a host as it is in a URL, in lower case, with its port unless that is 443, such as hooks.example.com, *.example.com or 10.0.0.5:8443; never the whole address',
  );

const everyTarget = {
  /** In messages, logs and records, in place of the address. */
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be 1-31 lower-case letters, digits or hyphens and begin with a letter'),
  on: z.union([one(OUTCOMES), z.array(one(OUTCOMES)).min(1)]).optional(),
  about: z.array(one(SUBJECTS)).min(1).optional(),
  /** Only messages about these managers. */
  managers: z.array(ManagerId).min(1).max(500).optional(),
  /** Its host may have an address of a private network. Link-local addresses, where clouds keep credentials, never. */
  allowPrivateAddresses: z.boolean().optional(),
  /** PEM of the CA that signed its certificate, where that is not a public one. */
  ca: z.string().min(1).max(100_000).optional(),
};

/** The address is a secret: it is named here, never given. */
const address = {
  urlFile: file.optional(),
  urlEnv: variable.optional(),
  urlSecret: ImportedSecret.optional(),
  /** Allows `http://` to this machine itself. */
  allowPlainHttp: z.boolean().optional(),
};

const posted = <const T extends string>(type: T) =>
  z.strictObject({ type: z.literal(type), ...everyTarget, ...address });

/** `Offsite <backup@example.com>` would let a name through that is not escaped: addresses alone. */
const mailbox = z.email('must be an e-mail address');

const Email = z.strictObject({
  type: z.literal('email'),
  ...everyTarget,
  host: z.hostname('must be the name or the IPv4 address of a mail server').max(253),
  port: z.number().int().min(1).max(65_535).default(587),
  /** `starttls`: TLS is required before anything is said. `implicit`: TLS from the first byte (port 465). */
  tls: z.enum(['starttls', 'implicit']).default('starttls'),
  from: mailbox,
  to: z.array(mailbox).min(1).max(50),
  user: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[^\p{Cc}]*$/u, 'must not hold control characters')
    .optional(),
  passwordFile: file.optional(),
  passwordEnv: variable.optional(),
  passwordSecret: ImportedSecret.optional(),
});

export const Target = z.discriminatedUnion('type', [
  posted('webhook'),
  posted('slack'),
  posted('teams'),
  posted('ping'),
  Email,
]);
export type Target = z.infer<typeof Target>;
export type EmailTarget = Extract<Target, { type: 'email' }>;
export type PostedTarget = Exclude<Target, EmailTarget>;

export const Notifications = z
  .strictObject({
    /** Subscribed to the topic of every message. */
    emails: z.array(mailbox).default([]),
    /** A second topic, without what went well. */
    failuresOnly: z.strictObject({ emails: z.array(mailbox).default([]) }).optional(),
    /** One message about all managers, by this schedule; left out: none. */
    digest: z.strictObject({ schedule: ScheduleExpression.default('cron(0 7 * * ? *)') }).optional(),
    /** The only hosts that addresses of targets may lead to; without it those of Slack, Teams and Healthchecks. */
    allowedHosts: z.array(HostPattern).max(50).optional(),
    targets: z.array(Target).max(20).default([]),
  })
  .superRefine(({ targets }, context) => {
    for (const [index, target] of targets.entries()) {
      const refuse = (message: string) => context.addIssue({ code: 'custom', path: ['targets', index], message });
      if (targets.findIndex(({ name }) => name === target.name) !== index)
        refuse(`another target is called ${target.name} already`);
      const sources = sourcesOf(target);
      if (target.type !== 'email' && sources === 0)
        refuse('must say where its address is kept: urlFile or urlEnv on one machine, urlSecret in AWS');
      if (target.type === 'email' && (target.user === undefined) !== (sources === 0))
        refuse(
          'must have a user and a place of the password (passwordFile or passwordEnv on one machine, passwordSecret in AWS), or neither',
        );
    }
  });
export type Notifications = z.infer<typeof Notifications>;

/** How many places of its secret a target names: one for each host that reads the configuration. */
function sourcesOf(target: Target): number {
  const { file: path, env, secret } = placeOf(target);
  return [path, env, secret].filter((source) => source !== undefined).length;
}

/** Whether functions in AWS can use a target: its secret is in Secrets Manager, or it has none. */
export function isForFunctions(target: Target): boolean {
  return placeOf(target).secret !== undefined || (target.type === 'email' && target.user === undefined);
}

/** Where the secret of a target is kept: its address, or its password. */
export interface SecretPlace {
  readonly file: string | undefined;
  readonly env: string | undefined;
  readonly secret: ImportedSecret | undefined;
}

export function placeOf(target: Target): SecretPlace {
  return target.type === 'email'
    ? { file: target.passwordFile, env: target.passwordEnv, secret: target.passwordSecret }
    : { file: target.urlFile, env: target.urlEnv, secret: target.urlSecret };
}
