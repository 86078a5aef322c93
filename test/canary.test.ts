import { describe, expect, test } from 'vitest';
import { ApprovalRequest } from '../lib/approval/records.ts';
import { Redactor } from '../lib/base/redact.ts';
import { requestText } from '../lib/cli/text/approval-text.ts';
import { targetsNotifier } from '../lib/notify/notifier.ts';
import { PRODUCTION } from './support/approvals.ts';
import { manager } from './support/breakages.ts';
import { canariesIn, canary } from './support/canary.ts';
import { ENCODINGS } from './support/encodings.ts';
import { type Case, Nights } from './support/nights.ts';
import { RestoreWorld } from './support/restore-world.ts';
import { secretPassword, TargetServers } from './support/target-servers.ts';
import type { WorldOptions } from './support/world.ts';

/*
 * Every world here runs each step in a process of its own, as in AWS: what one step has read of the secret does not help
 * the next one to keep it. checkInvariants, after every night, looks for the canaries in whatever can be seen.
 */
const apart = { processes: 'each' } as const;
const { databasePassword: dbpw, password, token } = canary;

const key = `-----BEGIN PRIVATE KEY-----\n${canary.keyMaterial}\n${canary.keyMaterial}\n-----END PRIVATE KEY-----\n`;

/** What a manager's worker writes into a snapshot's or an execution's error when it fails. */
const ERRORS: readonly [string, string][] = [
  ['a database URL', `could not connect to postgresql://cloudify:${dbpw}@db.example:5432/cloudify_db`],
  ['an environment', `command failed: PGPASSWORD=${dbpw} pg_dump -h db -U cloudify`],
  ['an option', `command failed: pg_dump --username cloudify --password ${dbpw} cloudify_db`],
  ['an option with =', `pg_dump: --password=${dbpw}: not allowed`],
  ['a list of arguments', `Command '['pg_dump', '--password', '${dbpw}', '-U', 'cloudify']' returned exit status 1`],
  ['a dictionary', `KeyError in {'postgresql_password': '${dbpw}', 'postgresql_host': 'db'}`],
  ['a dictionary of Python 2', `KeyError in {u'postgresql_password': u'${dbpw}', u'host': u'db'}`],
  ['JSON', `config was {"postgresql_db_name": "x", "postgresql_password": "${dbpw}"}`],
  ['JSON in JSON', `config was "{\\"postgresql_password\\": \\"${dbpw}\\"}"`],
  ['a signed URL', `GET https://b.s3.amazonaws.com/k?X-Amz-Credential=AK&X-Amz-Signature=${canary.signature} failed`],
  [
    'a traceback',
    `Traceback (most recent call last):\n  File "a.py", line 1\nOperationalError: password=${dbpw} host=db`,
  ],
  ['a private key', `cannot load key ${key}`],
  ['a token header', `request failed, headers {'Authentication-Token': '${token}', 'tenant': 'default_tenant'}`],
  ['a login', `request failed, Authorization: Basic ${Buffer.from(`admin:${password}`).toString('base64')}`],
];

test('a field of ours that names a secret is no credential; what looks like one is', () => {
  const clean = (text: string) => new Redactor().clean(text);
  const ours = 'restoredCredentialsSecret: must be the name of a manager; {"restoredCredentialsSecret": "prod-old"}';
  expect(clean(ours)).toBe(ours);
  expect(clean('clientSecret: canary, credentialsSecret=canary, secret: canary')).not.toContain('canary');
});

/** Half of a secret would do. The word `Basic` before it, whatever its spelling, and what stands around it is none. */
function piecesOf(form: string): string[] {
  const secret = form.slice(Math.ceil(form.length / 4), -8);
  return Array.from({ length: Math.floor(secret.length / 16) }, (_, at) => secret.slice(at * 16, at * 16 + 16));
}

describe('in the error of a failed snapshot', () => {
  test.each(['7.0.5', '5.0.5'])('%s: nothing of what a manager writes there gets through', async (version) => {
    const nights = await Nights.begin({ manager: { version } });
    for (const [name, error] of ERRORS) {
      const broken = manager('createFails', { error });
      await nights.play({ name, broken, ends: 'SnapshotFailed', run: apart, leaves: 'nothing' });
    }
    await nights.stop();
  });

  test('the password that we sent, in any encoding', async () => {
    const nights = await Nights.begin();
    const written = Object.values(ENCODINGS).map((encode) => encode(password));
    for (let at = 0; at < written.length; at += 4) {
      const error = `you sent ${written.slice(at, at + 4).join(' and ')}`;
      const broken = manager('createFails', { error });
      await nights.play({ name: 'echo', broken, ends: 'SnapshotFailed', run: apart, says: /you sent .*\[redacted\]/ });
    }
    await nights.stop();
  });

  test('the header that we sent, in any encoding', async () => {
    const nights = await Nights.begin();
    const header = Buffer.from(`admin:${password}`).toString('base64');
    const written = Object.values(ENCODINGS).flatMap((encode) => [encode(header), encode(`Basic ${header}`)]);
    for (let at = 0; at < written.length; at += 12) {
      const some = written.slice(at, at + 12);
      const broken = manager('createFails', { error: `you sent ${some.join(' and ')}` });
      const { output } = await nights.play({ name: 'echo', broken, ends: 'SnapshotFailed', run: apart });
      for (const form of some) for (const piece of piecesOf(form)) expect(output, form).not.toContain(piece);
    }
    await nights.stop();
  });

  test('a password at which the text is cut is not seen by half', async () => {
    const nights = await Nights.begin();
    for (let padding = 240; padding < 300; padding += 7) {
      const error = `${'x'.repeat(padding)} postgresql://cloudify:${dbpw}@db/cloudify_db`;
      const broken = manager('createFails', { error });
      const { output } = await nights.play({ name: 'cut', broken, ends: 'SnapshotFailed', run: apart });
      expect(output).not.toContain(dbpw.slice(0, 8));
    }
    await nights.stop();
  });
});

const HEADER = Buffer.from(`admin:${password}`).toString('base64');
const HEADERS = Object.values(ENCODINGS).flatMap((encode) => [encode(HEADER), encode(`Basic ${HEADER}`)]);
function expectNoHeader(seen: string): void {
  for (const form of HEADERS) for (const piece of piecesOf(form)) expect(seen, form).not.toContain(piece);
}

/** As many in one as there is room for. */
function packed(most: number): string[] {
  const rows = [''];
  for (const form of HEADERS.filter(({ length }) => length < most)) {
    if (`${rows.at(-1)} ${form}`.length > most) rows.push('');
    rows.push(`${rows.pop()} ${form}`.trim());
  }
  return rows;
}

describe('the header that we sent, in any encoding,', () => {
  test('is in no message, and in no word about a target that could not be told', async () => {
    const servers = await TargetServers.start();
    const nights = await Nights.begin();
    const seen: unknown[] = [];
    const write = (...words: unknown[]) => void seen.push(words);
    for (const manner of ['ok', 'error'] as const) {
      servers.manner = manner;
      for (let at = 0; at < HEADERS.length; at += 12) {
        const redactor = new Redactor();
        const notifier = targetsNotifier(
          { targets: servers.targets(), allowedHosts: [servers.host] },
          {
            readSecret: async ({ type }) => (type === 'email' ? secretPassword : servers.url()),
            ...{ redactor, clock: nights.world.clock, metrics: { put: write } },
            log: { info: write, warn: write, error: write },
          },
        );
        const broken = manager('createFails', { error: `you sent ${HEADERS.slice(at, at + 12).join(' and ')}` });
        broken(nights.world);
        nights.world.clock.advance(86_400);
        const { outcome, output, published } = await nights.world.run({ notifier, parts: { redactor } });
        expect(outcome).toMatchObject({ error: 'SnapshotFailed' });
        seen.push(output, published);
      }
    }
    expect(servers.hits.length).toBeGreaterThan(10);
    expect(JSON.stringify(seen)).toContain('my-webhook could not be notified');
    expect(servers.hits.at(-1)?.body.toString()).toContain('[redacted]');
    expectNoHeader(JSON.stringify([seen, servers.hits.map(({ body }) => body.toString()), servers.mails]));
    await nights.stop();
    await servers.close();
  });

  test('is not in the refusals of a plan, whatever a manager calls what it runs', async () => {
    const both = await RestoreWorld.start(PRODUCTION);
    for (const workflowId of packed(600)) both.target.state.addExecution({ workflowId, status: 'started' });
    const rows = both.target.state.executions.splice(0);
    for (let at = 0; at < rows.length; at += 4) {
      both.target.state.executions.splice(0, 4, ...rows.slice(at, at + 4));
      const { outcome, output } = await both.restore({ force: true, dryRun: true }, { processes: 'each' });
      expect(outcome).toMatchObject({ status: 'SUCCEEDED', output: { plan: { outcome: 'planned' } } });
      expect(output).toContain('accepts no restore while executions run: ');
      expectNoHeader(output);
    }
    await both.stop();
  });

  test('is not in what an approver is shown', async () => {
    const both = await RestoreWorld.start({ ...PRODUCTION, target: { ...PRODUCTION.target, password } });
    const rows = packed(480);
    for (const reason of rows) {
      const { output } = await both.restore(
        { force: true, reason },
        { kill: { step: 'CheckApproval', when: 'after' } },
      );
      const key = (await both.world.files('approval-requests')).sort().at(-1) ?? '';
      const request = ApprovalRequest.parse(JSON.parse(await both.world.text(key)));
      const shown = requestText(request, {});
      expect(shown).toMatch(/^Reason .*\[redacted\]/m);
      expectNoHeader(shown.replaceAll(/\n +/g, ' '));
      expect(output).toContain('waits for approval');
    }
    await both.stop();
  });
});

const WORLDS: readonly [string, WorldOptions, Partial<Case>[]][] = [
  [
    'user and password',
    {},
    [
      {},
      { broken: manager('expiredCredentials', {}), ends: 'CredentialsRejected' },
      { broken: manager('forbidden', {}), ends: 'PermissionDenied' },
      { broken: manager('serverError', { status: 500 }, { step: 'CreateSnapshot' }), ends: 'ManagerUnavailable' },
      { broken: manager('archiveMissing', {}), ends: 'SnapshotLost' },
      { broken: manager('archiveHtml', {}), ends: 'NotAnArchive' },
      { broken: manager('dropConnectionAtByte', { archiveByte: 1000 }), ends: 'TransferInterrupted' },
      { broken: manager('createForever', {}), ends: 'SnapshotTimedOut' },
      { broken: manager('brokerDown', {}, { step: 'CreateSnapshot' }), ends: 'SnapshotTimedOut' },
    ],
  ],
  ['TLS, and a private key that somebody pasted beside the CA', { manager: { tls: true } }, [{}]],
  [
    'a cluster',
    { manager: { nodes: 2 } },
    [{}, { broken: manager('splitBrain', {}, { node: 1 }), ends: 'SplitBrainSuspected' }],
  ],
  ['an old manager', { manager: { version: '5.0.5' } }, [{}]],
];

describe('in a world of', () => {
  test.each(WORLDS)('%s', async (_, options, cases) => {
    const nights = await Nights.beginAfresh(options);
    const { secret } = nights.world;
    if (secret.ca) Object.assign(secret, { ca: `${secret.ca}\n${key}` });
    for (const one of cases) await nights.play({ name: 'canary', ends: 'SUCCEEDED', run: apart, ...one });
    await nights.stop();
  });

  test('a token', async () => {
    const nights = await Nights.beginAfresh({ manager: { version: '7.0.5' } });
    const { world } = nights;
    const value = `ctok-abcde12345-${token}`;
    world.manager.state.tokens.push({ id: 'abcde12345', value, user: 'admin', description: null, expiresAt: null });
    for (const field of ['username', 'password'] as const) delete world.secret[field];
    Object.assign(world.secret, { token: value });
    await nights.play({ name: 'good', ends: 'SUCCEEDED', run: apart });
    const rejected = manager('expiredCredentials', {}, { step: 'CopySpan' });
    await nights.play({ name: 'rejected', broken: rejected, ends: 'CredentialsRejected', run: apart });
    const error = `tried with token ${value} and ${value}`;
    await nights.play({
      name: 'echoed',
      broken: manager('createFails', { error }),
      ends: 'SnapshotFailed',
      run: apart,
    });
    await nights.stop();
  });

  test('a secret of a wrong shape', async () => {
    for (const secret of [
      { password, username: 'admin', endpoints: [`https://admin:${encodeURIComponent(password)}@m1`] },
      { password, token, username: 'admin' },
      { ca: key, password, username: 'admin' },
    ]) {
      const nights = await Nights.beginAfresh({ secret });
      await nights.play({ name: 'wrong', ends: 'InvalidSecret', run: apart, says: /docs\/reference\/secret\.md/ });
      await nights.stop();
    }
  });
});

test('the net has no hole of its own: the canaries are found in every spelling', () => {
  for (const secret of Object.values(canary)) {
    for (const text of [secret, encodeURIComponent(secret), Buffer.from(`admin:${secret}`).toString('base64')])
      expect(canariesIn(`x ${text} y`)).toContain(secret);
  }
});

test('a long text is searched in no time: repetition is bounded', () => {
  const redactor = new Redactor();
  for (const text of ['x', '-', '--', 'a:', '://', 'password', 'password ', '"', '\\"', "--password', '"]) {
    const began = performance.now();
    redactor.clean(text.repeat(100_000 / text.length));
    expect(performance.now() - began, text).toBeLessThan(2000);
  }
});

test.each([
  ['what was redacted is left as it is', 'psql: password=[redacted] at db', 'psql: password=[redacted] at db'],
  ['unless more of it follows', 'psql: password=[redacted]XYZ', 'psql: password=[redacted]'],
])('%s', (_name, text, expected) => {
  expect(new Redactor().clean(text)).toBe(expected);
});

test('what is no credential is left to read', () => {
  const text = 'Snapshot offsite-20261122T020000Z failed: No space left on device: /opt/manager/resources (code 28)';
  expect(new Redactor().clean(text)).toBe(text);
});
