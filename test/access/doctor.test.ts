import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { days, minutes } from '../../lib/base/durations.ts';
import { ArchiveBucket } from '../../lib/storage/archive-bucket.ts';
import { type Asked, DoctorWorld, PASSWORD } from '../support/doctor-world.ts';
import { LACKS, REFUSED } from '../support/lesser-store.ts';

let world: DoctorWorld;
beforeAll(async () => {
  world = await DoctorWorld.start();
});
afterAll(async () => await world.stop());
afterEach(async () => {
  vi.unstubAllEnvs();
  await world.heal();
});

test('all is well: a line for each check, the manager was only read, the folder is as it was', async () => {
  const before = await readdir(join(world.dir, 'to'));
  const asked = world.manager.requests.length;
  const { code, out, err } = await world.doctor();
  expect([code, err]).toEqual([0, '']);
  const all = [
    'certificate',
    'manager',
    'user',
    'licence',
    'clock of the manager',
    'work',
    'ranges',
    'folder',
    'file system',
  ];
  for (const what of all) expect(out).toMatch(new RegExp(`^ok +${what}: `, 'm'));
  expect([...new Set(world.manager.requests.slice(asked).map(({ method }) => method))].sort()).toEqual(['GET', 'HEAD']);
  expect(await readdir(join(world.dir, 'to'))).toEqual(before);
  expect(out).not.toContain(PASSWORD);
});

test('--json is one document; a folder that is not there is not made', async () => {
  const { code, out } = await world.doctor({ to: 'new/folder' }, '--json');
  expect([code, JSON.parse(out)]).toMatchObject([0, { outcome: 'succeeded', manager: 'm1' }]);
  expect(await readdir(world.dir)).not.toContain('new');
});

const soon = new Date(Date.now() + days(12)).toISOString();
const inTenMinutes = new Date(Date.now() + minutes(10)).toUTCString();

/** What is broken, the check that names it, and what it says. Every other check of a run that is well is `ok`. */
const BREAKAGES: readonly (readonly [string, () => Asked | Promise<Asked>, RegExp])[] = [
  ['a wrong password', () => ({ password: 'wrong' }), /^failed +manager: CredentialsRejected: /m],
  ['a user who may not make snapshots', () => ({ user: 'viewer' }), /^failed +manager: PermissionDenied: .*sys_admin/m],
  ['nobody listens', () => ({ url: 'http://127.0.0.1:9' }), /^failed +manager: ManagerUnavailable: .*refuses? /m],
  ['no such host', () => ({ url: 'http://no-such-host.invalid' }), /^failed +manager: .*does not resolve/m],
  [
    'https:// where plain HTTP is spoken',
    () => ({ url: world.manager.urls[0]?.replace('http:', 'https:') ?? '' }),
    /^failed +manager: .*use http:\/\//m,
  ],
  [
    'http:// where TLS is spoken',
    async () => ({ url: (await world.tlsOf('good')).url?.replace('https:', 'http:') ?? '' }),
    /^failed +manager: .*speaks TLS: use https:\/\//m,
  ],
  [
    'an expired certificate',
    () => world.tlsOf('expired'),
    /^failed +certificate: .*expired on 2020-01-31\. Install a new/m,
  ],
  ['a certificate of later', () => world.tlsOf('notYetValid'), /^failed +certificate: .*not valid before 2045-01-01/m],
  [
    'a certificate of another host',
    () => world.tlsOf('otherName'),
    /^failed +certificate: .*is for other\.example\.com/m,
  ],
  ['a self-signed certificate', () => world.tlsOf('selfSigned'), /^failed +certificate: .*not trusted.*--ca-file/m],
  ['a chain with a gap', () => world.tlsOf('noIntermediate'), /^failed +certificate: .*send its certificate as well/m],
  [
    'a certificate that ends soon',
    async () => ({ ...(await world.tlsOf('good')), now: new Date('2049-12-20T00:00:00Z') }),
    /^warning +certificate: .*until 2049-12-31, for localhost.* Renew it within 11 days/m,
  ],
  [
    'a version that is too old',
    () => world.odd({ '/version': { version: '4.6.0', edition: 'premium' } }),
    /^failed +manager: .*4\.6\.0; 5\.0\.5 is the oldest/m,
  ],
  [
    'the community edition',
    () => world.otherManager({ edition: 'community' }),
    /^failed +manager: ManagerUnsupported: .*premium/m,
  ],
  ['an expired licence', () => world.fault('unlicensed', {}), /^failed +licence: the licence has expired.* Renew it/m],
  ['no licence', () => world.odd({ '/license': { items: [] } }), /^failed +licence: .*no licence.* Install one/m],
  [
    'a licence that ends soon',
    () => world.odd({ '/license': { items: [{ expired: false, expiration_date: soon }] } }),
    /^warning +licence: .*ends on \d{4}-\d\d-\d\d, in 1[12] days\. Renew/m,
  ],
  [
    'a clock that is wrong',
    () => world.odd({}, { date: inTenMinutes }),
    /^warning +clock of the manager: is (5[5-9]\d|60\d) s ahead.* Check NTP/m,
  ],
  ['no ranges', () => world.fault('noRanges', {}), /^warning +ranges: .*not served in parts/m],
  [
    'a service that is needed is down',
    () => world.fault('statusFail', { service: 'RabbitMQ' }),
    /^failed +manager: .*not healthy: .*down/m,
  ],
  [
    'the database cluster has failed',
    () => world.fault('dbFail', {}),
    /^failed +manager: .*database cluster has failed/m,
  ],
  ['a page of somebody else', () => world.fault('htmlError', { status: 200 }), /^failed +manager: .*not JSON/m],
  [
    'maintenance mode is coming',
    () => world.odd({ '/maintenance': { status: 'activating' } }),
    /^warning +work: .*entering maintenance mode/m,
  ],
  ['a manager without a snapshot', () => world.otherManager({}), /^not checked +ranges: .*no snapshot to try it on/m],
  ['a place for archives that is a file', () => ({ to: 'password' }), /^failed +folder: .*is no folder.* --to/m],
  [
    'a folder whose hidden records are missing',
    () => world.folderThat((folder) => mkdir(join(folder, 'offsite', 'archives'), { recursive: true })),
    /^failed +archives: .*offsite adopt --from/m,
  ],
  ['a bucket that is not there', () => world.storeThat([], 'nothing'), /^failed +bucket: .*NoSuchBucket/m],
  [
    'a store that refuses this user',
    () => world.storeThat([{ asks: /./, refused: { status: 403, code: 'AccessDenied' } }]),
    /^failed +bucket: .*AccessDenied .*Check the credentials, the bucket policy/m,
  ],
  [
    'a store that ignores conditions',
    () => world.storeThat(REFUSED['ignores If-None-Match'].lacks),
    /^failed +bucket: .*ignores conditional writes/m,
  ],
  [
    'a store that does not read back',
    () => world.storeThat(REFUSED['lists nothing'].lacks),
    /^failed +bucket: .*does not list what it has just stored/m,
  ],
  [
    'a store without tags',
    () => world.storeThat(LACKS['has no tags']),
    /^warning +store: has no tags: run offsite retention expire/m,
  ],
  [
    'a store without versions',
    () => world.storeThat(LACKS['names no versions, and has no list of them']),
    /^warning +store: has no versions/m,
  ],
  [
    'a store without checksums',
    () => world.storeThat(LACKS['shows no checksum of an object']),
    /^warning +store: has no checksum of the whole archive/m,
  ],
  [
    'a bucket without a lock',
    () =>
      world.storeThat([
        { asks: /[?&]object-lock/, refused: { status: 404, code: 'ObjectLockConfigurationNotFoundError' } },
      ]),
    /^warning +lock: .*no Object Lock/m,
  ],
  [
    'a store whose clock is wrong',
    () => world.storeThat([{ asks: /list-type=2.*max-keys=1\b/, headers: { date: inTenMinutes } }]),
    /^warning +clock of the store: is (5[5-9]\d|60\d) s ahead/m,
  ],
  [
    'a risky configuration',
    () => world.configured({ defaults: { schedule: 'cron(0 2 31 2 ? *)' } }),
    /^failed +configuration: ScheduleNeverRuns: /m,
  ],
];

test.each(BREAKAGES)('%s: the line that names it', async (_, breakage, says) => {
  const asked = await breakage();
  const { code, out, err } = await world.doctor(asked);
  expect(out).toMatch(says);
  expect([code, err]).toEqual([/^failed /m.test(out) ? 1 : 0, '']);
  expect(out).not.toMatch(/canary|wrong!!/);
  const methods = new Set(world.manager.requests.map(({ method }) => method));
  expect([...methods].filter((method) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
});

test('each line of a failure is said once, and what depends on it was not checked', async () => {
  const { out } = await world.doctor(await world.tlsOf('expired'));
  expect(out.match(/^failed /gm)).toHaveLength(1);
  expect(out).toMatch(/^not checked +ranges: /m);
});

test('a bucket in AWS: an upload is begun and ended, and nothing is left of it', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_S3', world.store.url);
  await world.store.client.send(new CreateBucketCommand({ Bucket: 'empty' }));
  const { code, out } = await world.doctor({ store: ['--bucket', 'empty'] });
  expect([code, out]).toEqual([0, expect.stringMatching(/^ok +write: an upload was begun and ended again/m)]);
  const all = new ArchiveBucket(world.store.client, 'empty', new AbortController().signal);
  expect([await all.versions(''), await all.multipart.list('')]).toEqual([[], []]);
});
