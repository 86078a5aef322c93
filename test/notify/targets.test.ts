import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { seconds } from '../../lib/base/durations.ts';
import type { Notifier, Occasion } from '../../lib/base/ports.ts';
import { Redactor } from '../../lib/base/redact.ts';
import type { Target } from '../../lib/config/notifications.ts';
import { targetsNotifier } from '../../lib/notify/notifier.ts';
import { type Manner, secretPassword, secretPath, TargetServers } from '../support/target-servers.ts';
import { World } from '../support/world.ts';

/* One target of each kind, all of them at servers that misbehave, beside an export that must not notice. */

let servers: TargetServers;
let world: World;
beforeAll(async () => {
  servers = await TargetServers.start();
  world = await World.start();
});
afterAll(async () => {
  await world.stop();
  await servers.close();
});
beforeEach(() => {
  servers.manner = 'ok';
  servers.hits.length = 0;
  servers.mails.length = 0;
});

const patient = { tryMs: 10_000, tries: 2, totalMs: 20_000 };
/** For servers that never end: each try takes all of its time. */
const hasty = { tryMs: 120, tries: 2, totalMs: 500 };

interface How {
  readonly url?: string;
  readonly hosts?: readonly string[];
  readonly tryMs?: number;
  readonly tries?: number;
  readonly totalMs?: number;
}

function notifierOf(targets: readonly Target[], { url = servers.url(), hosts = [servers.host], ...more }: How = {}) {
  const seen: string[] = [];
  const log = (message: string, facts?: unknown) => void seen.push(`${message} ${JSON.stringify(facts)}`);
  const redactor = new Redactor();
  const counted: string[] = [];
  const notifier = targetsNotifier(
    { targets, allowedHosts: hosts },
    {
      readSecret: async ({ type }) => (type === 'email' ? secretPassword : url),
      redactor,
      clock: world.clock,
      log: { info: log, warn: log, error: log },
      metrics: { put: (name, _unit, value, manager) => void counted.push(`${name} ${value} ${manager}`) },
      limits: { ...patient, ...more },
    },
  );
  return { notifier, seen, counted, redactor };
}

/** A run, with what it took on the clock of the run and on the wall. */
async function runWith(targets: readonly Target[], how: How = {}) {
  const { notifier, seen, counted, redactor } = notifierOf(targets, how);
  world.clock.advance(86_400);
  const [from, wall] = [world.clock.now().getTime(), performance.now()];
  const { outcome, output, events } = await world.run({ notifier, parts: { redactor } });
  const status = outcome.status === 'SUCCEEDED' ? outcome.status : outcome.error;
  const took = (world.clock.now().getTime() - from) / seconds(1);
  return { status, took, wall: performance.now() - wall, seen, counted, output: output + JSON.stringify(events) };
}

const KINDS = ['my-webhook', 'my-slack', 'my-teams', 'my-ping', 'my-email'];

interface Fault {
  readonly name: string;
  readonly manner?: Manner;
  readonly how?: () => How;
  readonly more?: object;
  /** What each kind of target is said to have done; one that is not named was told. */
  readonly says: Readonly<Record<string, RegExp>>;
}

const all = (says: RegExp) => Object.fromEntries(KINDS.map((kind) => [kind, says]));
const posted = (says: RegExp) => Object.fromEntries(KINDS.slice(0, 4).map((kind) => [kind, says]));

const FAULTS: readonly Fault[] = [
  { name: 'all answer', says: {} },
  { name: 'all drip', manner: 'drips', how: () => hasty, says: all(/did not answer within 0\.12 s/) },
  { name: 'none answers', manner: 'silent', how: () => hasty, says: all(/did not answer within 0\.12 s/) },
  {
    name: 'HTTP 500, SMTP 554',
    manner: 'error',
    says: { ...posted(/it answers HTTP 500/), 'my-email': /answers 554/ },
  },
  { name: 'a redirect', manner: 'redirect', says: posted(/a redirect \(HTTP 301\), which is not followed/) },
  {
    name: 'a reply without end',
    manner: 'huge',
    how: () => ({ ...patient, tryMs: 1000 }),
    says: { 'my-email': /the connection failed|did not answer/ },
  },
  { name: 'a certificate of nobody', more: { ca: undefined }, says: all(/certificate is not trusted|no TLS, or none/) },
  {
    name: 'a certificate of another host',
    how: () => ({ url: servers.url(secretPath, '127.0.0.2'), hosts: [servers.host.replace('localhost', '127.0.0.2')] }),
    more: { host: '127.0.0.2' },
    says: all(/certificate is not trusted/),
  },
  {
    name: 'a name that is none',
    how: () => ({ url: 'https://nothing.invalid/x', hosts: ['nothing.invalid'] }),
    more: { host: 'nothing.invalid' },
    says: all(/does not resolve from here|connection failed \(EAI_AGAIN\)|did not answer/),
  },
  {
    name: 'a host that is not allowed',
    how: () => ({ hosts: ['hooks.example.com', '*.localhost', 'localhost'] }),
    says: posted(/not in notifications\.allowedHosts of the configuration\. Add "localhost:\d+" there/),
  },
  {
    name: 'plain HTTP',
    how: () => ({ url: servers.url().replace('https:', 'http:') }),
    says: posted(/http:\/\/: only https/),
  },
  {
    name: 'a secret that is no address',
    how: () => ({ url: `${secretPassword} ${secretPath}` }),
    says: posted(/no https:\/\/ URL/),
  },
  { name: 'a private address', more: { allowPrivateAddresses: false }, says: all(/an address of a private network/) },
];

describe('whatever targets do', () => {
  let quiet: Awaited<ReturnType<typeof runWith>>;
  beforeAll(async () => {
    await runWith([]);
    quiet = await runWith([]);
  });

  test.each(FAULTS)(
    '$name: the run ends as it does without targets, at the same time',
    async ({ manner, how, more, says }) => {
      servers.manner = manner ?? 'ok';
      const run = await runWith(servers.targets(more), how?.());
      expect([run.status, run.took]).toEqual(['SUCCEEDED', quiet.took]);
      // The bound that the notifier promises for one message, twice (start and end), and what the run itself takes.
      expect(run.wall).toBeLessThan(quiet.wall + 2 * (how?.()?.totalMs ?? 1000) + 3000);
      for (const kind of KINDS) {
        const told = run.seen.filter((line) => line.startsWith(`The notification target ${kind} `)).join('\n');
        if (says[kind]) expect(told).toMatch(says[kind]);
        else expect(told).toBe('');
      }
      const seen = `${run.output} ${run.seen.join(' ')}`;
      for (const secret of [secretPath, 'canaryWebhookKeyQ7x9', secretPassword]) expect(seen).not.toContain(secret);
      expect(servers.hits.filter(({ path }) => path === '/elsewhere')).toEqual([]);
    },
  );
});

const occasion = {
  about: 'export',
  outcome: 'failure',
  manager: 'prod',
  execution: 'arn:x:1',
} as const satisfies Occasion;

/** What a manager may be called and may say. */
const HOSTILE = [
  '<!channel> <https://evil.example|click> & *bold* `code`',
  '[click](https://evil.example) {{DATE(2026-01-01T00:00:00Z)}} **bold**',
  'x\r\nBcc: victim@example.com\r\n\r\n<script>alert(1)</script>',
  'a\u202eb\u2066c\u0007\u001b[31mred\u2028line',
].join(' ');

const hostile = { outcome: 'failed', error: 'SnapshotFailed', message: HOSTILE, manager: 'prod', notes: [HOSTILE] };

async function publish(notifier: Notifier, body: Record<string, unknown> = hostile, more: Partial<Occasion> = {}) {
  return await notifier.publish(`export of prod failed ${HOSTILE}`, body, { ...occasion, ...more });
}

const hitOf = (type: string) => {
  const hit = servers.hits.find(({ headers, path, body }) =>
    type === 'ping'
      ? path.includes('/fail')
      : headers['content-type']?.startsWith('application/json') && kindOf(body) === type,
  );
  return hit?.body.toString() ?? '';
};
const kindOf = (body: Buffer) => {
  const json = JSON.parse(body.toString()) as Record<string, unknown>;
  return 'attachments' in json ? 'teams' : 'blocks' in json ? 'slack' : 'webhook';
};

/** Every text in a document. */
const textsIn = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : value && typeof value === 'object' ? Object.values(value).flatMap(textsIn) : [];

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const STEERS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

test('names and errors that are written to do harm reach each target as text', async () => {
  const { notifier } = notifierOf(servers.targets());
  expect(await publish(notifier)).toEqual([]);
  for (const type of ['webhook', 'slack', 'teams', 'ping'])
    for (const text of textsIn(type === 'ping' ? hitOf(type) : JSON.parse(hitOf(type))))
      expect(text).not.toMatch(STEERS);
  const slack = textsIn(JSON.parse(hitOf('slack'))).join(' ');
  expect(slack).toContain('&lt;!channel&gt; &lt;https://evil.example|click&gt; &amp; *bold*');
  expect(slack).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
  expect(hitOf('slack')).not.toContain('"mrkdwn"}');
  const teams = JSON.parse(hitOf('teams')) as { attachments: [{ content: { body: { type: string }[] } }] };
  // Runs of text alone: a TextBlock would read Markdown.
  expect(new Set(teams.attachments[0].content.body.map(({ type }) => type))).toEqual(new Set(['RichTextBlock']));
  expect(hitOf('teams')).not.toContain('{{');
  const [mail] = servers.mails;
  const [head = '', ...rest] = (mail?.raw ?? '').split('\r\n\r\n');
  expect(head).not.toMatch(/^bcc:/im);
  expect(mail?.to).toEqual(['ops@example.com', 'night@example.com']);
  expect(head).toMatch(/^Content-Type: text\/plain/im);
  // As mails write bytes that are not ASCII.
  expect(rest.join('')).not.toMatch(/=E2=80=AE|=1B|\u202e|<script>.*<\/html>/);
});

test('a report too long for a small body is left out, and the message is sent', async () => {
  const { notifier } = notifierOf(servers.targets());
  await publish(notifier, { ...hostile, findings: Array.from({ length: 5000 }, () => ({ message: HOSTILE })) });
  for (const { body } of servers.hits) expect(body.length).toBeLessThan(64 * 1024);
  expect(JSON.parse(hitOf('webhook'))).toMatchObject({ outcome: 'failure', manager: 'prod', report: null });
});

test.each([
  ['failure', 'failure', true],
  ['failure', 'success', false],
  ['failure', 'attention', true],
  ['success', 'recovery', true],
  ['success', 'failure', false],
  ['recovery', 'success', false],
  ['recovery', 'recovery', true],
  ['all', 'success', true],
  [['failure', 'recovery'], 'recovery', true],
  [undefined, 'success', false],
  [undefined, 'failure', true],
  [undefined, 'recovery', true],
] as const)('a target on %j hears of a %s: %s', async (on, outcome, isTold) => {
  const [webhook] = servers.targets({ on });
  await publish(notifierOf(webhook ? [webhook] : []).notifier, hostile, { outcome });
  expect(servers.hits.length > 0).toBe(isTold);
});

test.each([
  [{ managers: ['prod'] }, {}, true],
  [{ managers: ['lab'] }, {}, false],
  [{ managers: ['prod'] }, { manager: null }, false],
  [{ about: ['restore'] }, {}, false],
  [{ about: ['restore', 'export'] }, {}, true],
  [{ on: 'failure' }, { about: 'digest', outcome: 'success' }, true],
] as const)('a target with %j hears of %j: %s', async (more, what, isTold) => {
  const [webhook] = servers.targets(more);
  await publish(notifierOf(webhook ? [webhook] : []).notifier, hostile, what);
  expect(servers.hits.length > 0).toBe(isTold);
});

test('a check is pinged at start, success and failure, and one run has one number', async () => {
  const [, , , ping] = servers.targets({ on: undefined });
  const { notifier } = notifierOf(ping ? [ping] : []);
  await notifier.begun?.({ about: 'export', manager: 'prod', execution: 'arn:x:1' });
  await publish(notifier, hostile, { outcome: 'success' });
  await publish(notifier);
  await publish(notifier, hostile, { about: 'reconcile' });
  const [rid] = [...new Set(servers.hits.map(({ path }) => path.split('?')[1]))];
  expect(rid).toMatch(/^rid=[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(servers.hits.map(({ path }) => path)).toEqual(
    ['/start', '', '/fail'].map((end) => `${secretPath}${end}?${rid}`),
  );
});

test('a target that cannot be told is counted, stands in report and record, and the others hear of it once', async () => {
  const [webhook] = servers.targets();
  const dead = { ...webhook, name: 'dead', allowPrivateAddresses: false } as Target;
  const run = await runWith([dead, webhook as Target]);
  expect(run.counted).toEqual(['NotificationFailed 1 m1']);
  expect(run.output).toContain(
    'The notification target dead could not be notified: its host has an address of a private',
  );
  const record = await world.runRecord(world.snapshotOfRun);
  expect(record).toMatchObject({ state: 'succeeded', undelivered: [{ target: 'dead' }] });
  const subjects = () => servers.hits.map(({ body }) => (JSON.parse(body.toString()) as { subject: string }).subject);
  expect(subjects()).toEqual([
    'cloudify-offsite: export of m1 succeeded',
    'cloudify-offsite: notification target dead could not be notified',
  ]);
  await runWith([dead, webhook as Target]);
  expect(subjects().slice(2)).toEqual(['cloudify-offsite: export of m1 succeeded']);
});
