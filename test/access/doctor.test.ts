import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type SimulatedManager, startSimulatedManager } from '../../simulator/manager/server.ts';
import { oddCertificates, rootPem, serverKey } from '../support/odd-certificates.ts';
import { offsite } from '../support/offsite.ts';
import { tlsFront } from '../support/tls-front.ts';

let dir: string;
let manager: SimulatedManager;
const closing: (() => unknown)[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'offsite-doctor-'));
  await writeFile(join(dir, 'password'), 'secret');
  await writeFile(join(dir, 'wrong'), 'wrong!!');
  await writeFile(join(dir, 'ca.pem'), rootPem);
  await mkdir(join(dir, 'to'));
  const users = [{ name: 'viewer', password: 'secret', role: 'default' }] as const;
  manager = await startSimulatedManager({ password: 'secret', users, archive: { sizeBytes: 100_000 } });
  manager.seedSnapshot('before');
});
afterAll(async () => {
  await manager.close();
  await rm(dir, { recursive: true });
});
afterEach(async () => {
  manager.faults.clear?.();
  for (const close of closing.splice(0)) await close();
});

interface Asked {
  readonly url?: string;
  readonly user?: string;
  readonly password?: string;
  readonly to?: string;
}
const doctor = async ({ url, user = 'admin', password = 'password', to = 'to' }: Asked = {}, ...more: string[]) =>
  await offsite([
    ...['doctor', '--local', '--manager', 'm1', '--manager-url', url ?? manager.urls[0] ?? '', '--username', user],
    ...['--password-file', join(dir, password), '--to', join(dir, to), ...more],
  ]);

test('all is well: a line for each check, the manager was only read, the folder is as it was', async () => {
  const before = await readdir(join(dir, 'to'));
  const asked = manager.requests.length;
  const { code, out, err } = await doctor();
  expect([code, err]).toEqual([0, '']);
  for (const what of ['manager', 'user', 'licence', 'clock of the manager', 'ranges', 'folder', 'file system'])
    expect(out).toMatch(new RegExp(`^ok +${what}: `, 'm'));
  expect([...new Set(manager.requests.slice(asked).map(({ method }) => method))].sort()).toEqual(['GET', 'HEAD']);
  expect(await readdir(join(dir, 'to'))).toEqual(before);
  expect(out).not.toContain('secret');
});

test('--json is one document; a folder that is not there is not made', async () => {
  const { code, out } = await doctor({ to: 'new/folder' }, '--json');
  expect([code, JSON.parse(out)]).toMatchObject([0, { outcome: 'succeeded', manager: 'm1' }]);
  expect(await readdir(dir)).not.toContain('new');
});

test.each<[string, Asked, RegExp]>([
  ['a wrong password', { password: 'wrong' }, /^failed +manager: CredentialsRejected: /m],
  ['a user who may not make snapshots', { user: 'viewer' }, /^failed +manager: PermissionDenied: .*sys_admin/m],
  ['nobody listens', { url: 'http://127.0.0.1:9' }, /^failed +manager: ManagerUnavailable: .*refuses? /m],
  ['no such host', { url: 'http://no-such-host.invalid' }, /^failed +manager: .*does not resolve/m],
])('%s: the line that names it', async (_, asked, says) => {
  const { code, out } = await doctor(asked);
  expect([code, out]).toEqual([1, expect.stringMatching(says)]);
  expect(out).toMatch(/^not checked +ranges: /m);
});

test.each([
  ['expired', /^failed +manager: CertificateUntrusted: .*expired on 2020-01-31/m],
  ['otherName', /^failed +manager: CertificateUntrusted: .*is for other\.example\.com/m],
] as const)('a certificate that is %s', async (name, says) => {
  const front = await tlsFront({ key: serverKey, cert: oddCertificates[name] }, manager.urls[0]);
  closing.push(front.close);
  const { code, out } = await doctor({ url: front.url }, '--ca-file', join(dir, 'ca.pem'));
  expect([code, out]).toEqual([1, expect.stringMatching(says)]);
});

test('a certificate that is good: until when, and for whom', async () => {
  const front = await tlsFront({ key: serverKey, cert: oddCertificates.good }, manager.urls[0]);
  closing.push(front.close);
  const { code, out } = await doctor({ url: front.url }, '--ca-file', join(dir, 'ca.pem'));
  expect([code, out]).toEqual([0, expect.stringMatching(/^ok +certificate: .*valid until 2049-12-31, for localhost/m)]);
});

test('a place for archives that is a file', async () => {
  await chmod(join(dir, 'password'), 0o600);
  const { code, out } = await doctor({ to: 'password' });
  expect([code, out]).toEqual([1, expect.stringMatching(/^failed +folder: .*is no folder/m)]);
});
